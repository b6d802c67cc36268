"""Deletes old personal data, erases a phone number on request, and re-encrypts secrets.

Does not know what Planfix and Ringostat store.
"""
