"""Notebooks in git: cleaned, merged, and compared."""
