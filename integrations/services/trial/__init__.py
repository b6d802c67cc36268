"""Tries a customer's Planfix account with records of its own: writes, reads back, compares and removes them, and stores
the account's traits.

Touches no record that it did not make; does not know calls of clients.
"""
