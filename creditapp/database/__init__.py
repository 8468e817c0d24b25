"""Connections, transactions, and fast inserts."""
