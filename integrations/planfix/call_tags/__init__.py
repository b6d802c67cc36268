"""Planfix's data tags for calls: which tags an account has, what each field is for, and how entries are written.

Does not know where a customer's choice of tags is stored.
"""
