"""Actions on many calls: the confirmation page, the background jobs, and their progress.

Knows which calls the user selected. What happens to one call is in services/calls.
"""
