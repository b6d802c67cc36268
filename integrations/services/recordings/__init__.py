"""Passes a recording from Ringostat on to a browser: byte ranges, and a limit of streams at a time.

Does not know users or pages; its callers check who may listen.
"""
