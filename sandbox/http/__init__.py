"""A small HTTP server, its request log, and faults on demand.

Knows neither Planfix nor Ringostat.
"""
