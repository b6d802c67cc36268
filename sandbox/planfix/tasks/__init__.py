"""Tasks of the stand-in's Planfix: the requests for them, their search, templates and processes.

Knows which changes a process refuses. Does not know comments.
"""
