"""Finds out whether the client of each missed call was reached, by which call and when, and which clients still wait.

Knows the times of calls. Does not know how calls are received or delivered.
"""
