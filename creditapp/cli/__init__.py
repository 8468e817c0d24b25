"""The commands of `flask`: they read the settings and call the packages below."""
