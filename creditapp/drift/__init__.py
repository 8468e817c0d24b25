"""Whether the scored population is still the one the model was trained on."""
