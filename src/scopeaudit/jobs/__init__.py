"""Job files become jobs."""
