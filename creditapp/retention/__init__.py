"""Retention: which data goes after which time, and what is overdue."""
