"""What the commands share: the customers that an option names, and times that a person types.

Does not decide anything; services do.
"""
