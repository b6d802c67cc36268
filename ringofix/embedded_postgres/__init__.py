"""A PostgreSQL server of the product's own, for a machine without one.

Does not know what is stored in it.
"""
