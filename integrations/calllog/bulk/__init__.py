"""Actions on many calls: the confirmation page, the background jobs, and their progress.

Knows which calls the user selected. Does not know what an action does to one call: services/calls does.
"""
