"""Bugs that can be planted into the program, by what they spoil."""
