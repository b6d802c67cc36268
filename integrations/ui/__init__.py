"""Labels, badges, links, local time and the page frame, which the call log, the API and the console share.

Knows the models, the domain, and results of services. Does not know users, nor any page.
"""
