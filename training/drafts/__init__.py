"""Drafts a portfolio's catalogue from a data file, for a person to review; it asks nothing."""
