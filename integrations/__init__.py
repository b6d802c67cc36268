"""The product: Ringostat's calls come in, go to Planfix, and are shown to people.

Does not know how it is served; `ringofix` does.
"""
