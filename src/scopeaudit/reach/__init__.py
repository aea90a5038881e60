"""A folder and options become documents, each with its source."""
