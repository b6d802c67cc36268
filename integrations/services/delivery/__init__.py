"""Delivers stored calls to Planfix: the run of a customer's due calls, the steps of a call, receipts, retries, pauses.

Does not know how calls get into the database, or who looks at them.
"""
