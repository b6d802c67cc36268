"""Makes the same decisions as a delivery, and reports them instead of writing to Planfix.

Writes nothing, neither to Planfix nor to the call.
"""
