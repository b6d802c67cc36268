"""Serves one sandbox over HTTP, with a control API for tests and demos.

Holds no data: that is in `sandbox.state`.
"""
