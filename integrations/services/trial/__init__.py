"""Tries a customer's Planfix account with one contact of its own: writes, reads back, compares, and removes all again.

Learns the account's traits. Touches no record that it did not make; does not know calls of clients.
"""
