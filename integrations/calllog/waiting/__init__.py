"""The page of waiting clients: who called in vain and was not called back, and how soon others were.

Knows the missed calls. Does not know the list's filters or the page of a call.
"""
