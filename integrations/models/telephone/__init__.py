"""What helps while the telephone rings: whom Ringostat rings first, and names on the employees' telephones.

Knows what a row may hold. Does not know how an answer is found.
"""
