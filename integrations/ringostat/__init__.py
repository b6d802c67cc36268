"""Understands Ringostat: webhook bodies, their fields and words, the call list and its API.

Does not know the database, customers or Planfix.
"""
