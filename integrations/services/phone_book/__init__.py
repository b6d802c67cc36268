"""Names on telephones: sends contacts of the directory to Ringostat's contact book, and their changes.

Knows what was sent. Does not know calls' way to Planfix, and never delays it.
"""
