"""A report becomes text, one format a module."""
