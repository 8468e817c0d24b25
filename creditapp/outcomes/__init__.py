"""What became of decisions: recorded, corrected by new rows, and judged when the time has come."""
