"""Login sessions: stored by the hash of their key, ended when unused. It knows no passwords and no second factor."""
