"""Which model is served: deployments, the model in memory, and the model registry."""
