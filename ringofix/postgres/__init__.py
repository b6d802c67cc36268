"""Adapts Django's database engine for PostgreSQL.

Does not know which server it connects to.
"""
