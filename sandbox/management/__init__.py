"""The commands of the sandbox.

Does not know what a sandbox does; `server` and `harness` do.
"""
