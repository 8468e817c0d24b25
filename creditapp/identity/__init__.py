"""People, API keys, and the audit trail of what they did."""
