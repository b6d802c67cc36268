"""The contacts of Planfix accounts with their numbers, read ahead of calls while no call waits, and looked up here.

Does not know what a call is delivered to, or which telephone a name is shown on.
"""
