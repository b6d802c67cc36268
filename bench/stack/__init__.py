"""What benchmarks run on: databases, processes, load, rows, a Planfix with a fixed latency. Measures nothing itself."""
