"""The nouns of the program: frozen, typed values with no logic but their own invariants."""
