"""Tells whether the product does its job: alerts, metrics and the health of each customer.

Only reads calls and the queue; does not change what it watches, except its own alerts.
"""
