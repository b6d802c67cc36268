"""Knows how each customer is doing: alerts with their mails, Prometheus metrics, the status on the dashboard.

Does not know how deliveries work, nor how pages look.
"""
