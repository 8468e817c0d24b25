"""From an application's answers to a probability."""
