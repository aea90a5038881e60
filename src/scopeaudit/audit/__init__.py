"""Authorities and jobs become findings."""
