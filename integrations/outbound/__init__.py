"""Requests to addresses that come from data: which hosts may be asked, for how long, and how much is read.

Knows nothing of Planfix, Ringostat or calls.
"""
