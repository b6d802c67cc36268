"""Sets customers up: import and export, access check, employee and UTM mapping, webhook addresses, deletion.

Does not know how calls are delivered.
"""
