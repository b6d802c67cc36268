"""Turns a webhook request or a row of Ringostat's call list into a stored call, and wakes its delivery.

Does not know Planfix, nor how a call is delivered.
"""
