"""What a call is, how its events fold, who took part, what is due for it, and why it ends as it does.

Pure Python: does not know Django, the database, Ringostat or Planfix.
"""
