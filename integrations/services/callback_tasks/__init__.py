"""Tasks in Planfix for clients who are to be called back, and for calls whose employee is unknown.

Knows which calls need a task and what is written into it. Does not know how a call gets to Planfix: no task holds a
call up, and none makes one fail.
"""
