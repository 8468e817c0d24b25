"""Scores live applications with a second model in the background, and compares the two models."""
