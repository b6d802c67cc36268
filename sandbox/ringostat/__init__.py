"""Ringostat's recordings, call list and staff list.

Knows nothing of Planfix and nothing of the product.
"""
