"""Contacts of the stand-in's Planfix: the requests for them, and the search by filters.

Knows Planfix's filters and refusals. Does not know comments or tasks.
"""
