"""Sends contacts of the directory, and their changes, to Ringostat's contact book, so that telephones show names.

Knows what was sent. Does not know how calls are delivered, and never delays a delivery.
"""
