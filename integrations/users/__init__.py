"""Controls what users may see and do, their logins, sessions, second factors and API tokens, and the audit log.

Knows nothing about calls, except which ones a user may see.
"""
