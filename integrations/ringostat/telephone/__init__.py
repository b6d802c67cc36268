"""Ringostat's words while a telephone rings: the question of a webhook forwarding number, and its answer.

Knows no customers and no database.
"""
