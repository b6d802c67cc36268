"""Tells Ringostat whom to ring first: answers the questions of a webhook forwarding number from this database alone.

Knows contacts, employees and past calls. Does not know how calls get to Planfix.
"""
