"""The read API: the calls of the call log as JSON, for programs that send a token.

Knows the call log's filters and visibility. Changes nothing.
"""
