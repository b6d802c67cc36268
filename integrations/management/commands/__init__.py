"""The commands of manage.py: each reads its options, calls one service and prints the result.

Does not know how the services work.
"""
