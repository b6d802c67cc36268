"""Benchmarks and what they run on. Nothing in the product or in the normal test run uses them."""
