"""Knows what is deleted: old personal data, one phone number on request; and re-encrypts secrets.

Does not know what Planfix and Ringostat store.
"""
