"""Scores files that are too large for one request."""
