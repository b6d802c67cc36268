"""One file about a customer's failing calls, in which nothing tells who they are. Knows what may stay and what is
replaced; does not know why a call failed.
"""
