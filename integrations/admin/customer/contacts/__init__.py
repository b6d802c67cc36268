"""The page of a customer's contact directory.

Does not know how contacts are read.
"""
