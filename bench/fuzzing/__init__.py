"""Hostile requests in large numbers: run() sends them and prints what failed. Knows the product and bench.stack."""
