"""What a policy would do to known cases."""
