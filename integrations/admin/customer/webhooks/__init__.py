"""A customer's webhook page: the addresses to paste, what the webhooks contain, and the requests that report no call.

Does not know how a request is read.
"""
