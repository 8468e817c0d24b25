"""A second model that scores live decisions in the shadow, and how it compares."""
