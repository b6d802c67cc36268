"""The tables for ringing telephones: whom Ringostat rings first, and the names that employees' telephones show.

Knows what a row may hold. Does not know how an answer is found.
"""
