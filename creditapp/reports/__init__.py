"""Validation reports as people read them, and the conditions that they must meet."""
