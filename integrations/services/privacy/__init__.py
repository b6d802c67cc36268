"""Forgets personal data: by age, by phone number; and re-encrypts secrets with a new key.

Does not know how calls are received or delivered.
"""
