"""Decisions: pure functions from values to values.

Time, randomness and names are arguments. Nothing here reads a clock, a file, the environment or a
cloud, and nothing here writes a log. Start reading at ``plan``.
"""
