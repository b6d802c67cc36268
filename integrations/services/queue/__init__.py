"""The queue: jobs by name, background jobs, their progress, and Procrastinate's tables.

Does not know what a job does.
"""
