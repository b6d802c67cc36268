"""What the console needs from unfold: its site and its words.

Knows unfold. Does not know a page.
"""
