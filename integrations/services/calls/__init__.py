"""What people do with stored calls: replay, retry, dismiss, ignore numbers, export and count.

Does not send anything to Planfix; it makes calls due, and delivery does the rest.
"""
