"""A stand-in Planfix and Ringostat over real HTTP, for the demo, tests and benchmarks.

Not part of the installed product. Only `harness` and `management` know the product.
"""
