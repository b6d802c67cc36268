"""Measures the tests: changes one line of the rooms that decide and write a call, and sees whether a test fails."""
