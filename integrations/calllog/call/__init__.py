"""The page of one call: status, actions, recording, timeline, details, and the log of requests.

Knows one call. Does not know the list or its filters.
"""
