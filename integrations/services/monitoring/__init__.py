"""Watches each customer: the status on the dashboard, alerts with their mails, Prometheus metrics.

Does not know how deliveries work, nor how pages look.
"""
