"""Labelled examples from public sets, one extractor each. Nothing of the sets is kept in this repository."""
