"""Missed calls: was the client reached, by which call and when, and which clients still wait.

Knows the times of calls. Does not know how calls come in or how they get to Planfix.
"""
