"""Sends requests to Planfix's REST API, reads the answers, and classifies every failure.

Does not know what the records mean.
"""
