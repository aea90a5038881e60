"""How the libraries and commands of single providers name their operations."""
