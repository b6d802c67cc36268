"""The pages for viewers and specialists: the list of calls, one call, and actions on many calls.

Every query starts in users/visibility.py. These pages never send requests to Planfix.
"""
