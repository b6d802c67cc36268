"""Sets a customer up: import and export, connection check, discovery of the account, employees, UTM, removal.

Knows a customer's access. Does not know single calls.
"""
