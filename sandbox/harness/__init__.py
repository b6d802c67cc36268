"""Starts the product beside a sandbox and makes load for it: demo day, fuzz requests, processes.

Knows the product only by its commands and addresses.
"""
