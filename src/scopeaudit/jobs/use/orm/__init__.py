"""What mappers, query builders and migrations send."""
