"""Trains and registers a model from the data. It knows the catalogue and the registry, never the web."""
