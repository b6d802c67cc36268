"""Enqueues and runs jobs, stores background jobs with their progress and files, and holds the SQL on Procrastinate's
tables.

Does not know what a job does.
"""
