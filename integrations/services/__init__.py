"""What the product does, one room per task: intake, delivery, customers, calls, dry run, monitoring, privacy.

Does not know pages, the API or commands, which call these services.
"""
