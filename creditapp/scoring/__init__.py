"""Turns an application's answers into a probability."""
