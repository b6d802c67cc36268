"""Exports of the filtered calls: small ones as a stream, large ones as files that background jobs make.

Knows the columns of a file and who may fetch it. Does not know how files are stored; services/queue does.
"""
