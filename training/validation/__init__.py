"""The validation report of a model: what is measured, what it means, and how it is written."""
