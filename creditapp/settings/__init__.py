"""Settings from the environment, and those the service refuses to start with."""
