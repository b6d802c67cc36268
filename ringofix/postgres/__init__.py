"""Django's database engine for PostgreSQL, as this product uses it.

Does not know which server it talks to.
"""
