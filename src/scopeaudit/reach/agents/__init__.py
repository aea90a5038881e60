"""Agents: their settings, their tool servers, and what stands in their way."""
