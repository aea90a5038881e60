"""What sends a request: the only code that opens sockets to providers. Transports know no provider."""
