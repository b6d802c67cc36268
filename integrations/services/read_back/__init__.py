"""Reads some delivered calls back from Planfix, compares them with what was sent, and keeps what differs.

Does not know how a call is delivered, and never delays one.
"""
