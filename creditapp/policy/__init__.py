"""Cut-offs and rules that turn a score into a decision."""
