"""Fifteen catastrophes of other people's automation, each re-enacted in a world of ours."""
