"""Makes one file about a customer's failing calls that identifies neither the customer nor any person. Knows which
values stay and which are replaced. Does not know why a call failed.
"""
