"""Web pages that show an account as Planfix users see it, and its request log.

Changes nothing.
"""
