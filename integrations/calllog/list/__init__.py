"""The list of calls: filters, search, chart, counts and saved views.

Knows how to find calls. Does not know what happened to a single call: the room `call` does.
"""
