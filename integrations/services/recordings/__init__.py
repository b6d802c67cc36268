"""Passes recordings from Ringostat on to browsers, within limits of time, size and number.

Knows nothing of users and pages.
"""
