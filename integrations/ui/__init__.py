"""What the call log, the API and the console share: labels, badges, links, local time and the page frame.

Knows the models and the domain. Does not know services, users, or any page.
"""
