"""Tests that say the same of SQLite and of PostgreSQL."""

import pytest

on_both = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
