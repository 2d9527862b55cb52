"""Clouds behind one contract: ``base`` states it, ``simulated`` keeps it without an account."""
