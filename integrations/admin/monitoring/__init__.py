"""The pages that show how customers and processes are doing: the first page, problems by cause, and the system.

Decides no status; integrations.services.monitoring does.
"""
