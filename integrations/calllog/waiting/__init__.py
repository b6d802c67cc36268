"""The page of waiting clients: clients whose call was missed and who still wait, and how soon others were called back.

Knows the missed calls. Does not know the list's filters, nor the page of a call.
"""
