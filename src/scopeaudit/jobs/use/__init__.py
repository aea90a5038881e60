"""What the files of a folder use of each provider."""
