"""The page about ringing telephones: whom Ringostat rings first, and what to enter there.

Does not know how an answer is found.
"""
