"""A customer's Planfix and Ringostat client, the delivery lease of a customer and the rate limit of an account.

Knows how a customer's access is stored; does not know what is asked or written.
"""
