"""The command line: what a person types, and how everything is shown.

Data goes to stdout, everything else to stderr. Nothing here decides about fleets.
"""
