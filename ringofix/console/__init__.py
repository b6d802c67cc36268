"""Adapts unfold, the theme of the console: its site and its strings.

Knows unfold. Does not know any page.
"""
