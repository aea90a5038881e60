"""The incident, replayed against local stand-ins of the providers."""
