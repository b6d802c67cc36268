"""Speaks to Planfix: its REST API, the records the product writes, call tags and the text of comments.

Does not know the database, customers or Ringostat.
"""
