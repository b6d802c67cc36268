"""The page about callback tasks: for whom they are made, who gets them, and when they are due.

Does not know how a task gets to Planfix.
"""
