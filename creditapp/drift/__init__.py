"""Drift: how the scored population differs from the one that the model was trained on."""
