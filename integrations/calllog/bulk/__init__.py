"""Actions on many calls: the confirmation page, and the progress of the background job.

Knows which calls the user means. Does not carry the action out, which the worker does.
"""
