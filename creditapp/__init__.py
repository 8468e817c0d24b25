"""Credit scoring: from an application to a recorded decision."""
