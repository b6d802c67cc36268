"""Measures the tests: changes one line of the rooms that decide and write a call, and checks that a test fails."""
