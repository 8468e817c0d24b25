"""How good scores turned out, and what is estimated before that is known."""
