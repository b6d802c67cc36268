"""Reads and writes Planfix's records: contacts, tasks, comments, files and their fields.

Does not know call tags, or when something is written.
"""
