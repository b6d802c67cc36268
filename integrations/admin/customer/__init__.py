"""The console's pages of one customer: settings, access check, employees, UTM, webhooks, dry run.

Decides nothing about calls; the services do.
"""
