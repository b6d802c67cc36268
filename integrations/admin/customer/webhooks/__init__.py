"""A customer's webhook page: the addresses to paste, what the webhooks tell, and the requests that were no calls.

Does not know how a request is read.
"""
