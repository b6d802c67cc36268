"""The contact of a client's number: remembered, found in Planfix, or to be created there.

Does not know calls' comments and data tags, or when a call is delivered.
"""
