"""Planfix accounts with the parts of the REST API that the product uses.

Knows nothing of Ringostat and nothing of the product.
"""
