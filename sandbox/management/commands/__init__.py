"""The commands `sandbox` and `demo`.

Each reads its options and starts processes.
"""
