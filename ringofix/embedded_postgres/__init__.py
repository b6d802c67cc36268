"""Runs a PostgreSQL server of its own, on machines that have none.

Does not know what the server stores.
"""
