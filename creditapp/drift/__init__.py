"""Compares the scored population with the population that the model was trained on."""
