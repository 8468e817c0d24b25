"""Metrics, logs, and request identifiers."""
