"""The families of models: one small module for each, with how it is fitted, exported and trusted."""
