"""Documents become credentials: bytes in, values out."""
