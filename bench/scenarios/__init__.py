"""One benchmark per module: run() measures and prints its figures. Knows the product and bench.stack."""
