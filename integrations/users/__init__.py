"""Users: what they may see and do, how they log in, their sessions, second factors, API tokens, and the audit log.

Knows nothing of calls, except which ones a user may see.
"""
