"""What source code asks, followed from file to file."""
