"""Users: what they may see and do, login, rate limits, second factor, API tokens and the audit log.

Does not know what the pages show or how calls are delivered.
"""
