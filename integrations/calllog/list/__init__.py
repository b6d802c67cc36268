"""The list of calls: filters, chart, counts, saved views and export.

Knows how calls are found. Does not know what happened to a single call, which is the room `call`.
"""
