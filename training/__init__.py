"""From the data to a registered model; knows the catalogue and the registry, never the web."""
