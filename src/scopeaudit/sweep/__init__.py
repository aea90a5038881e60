"""The sweep: all of a repository's history, sifted by several processes, and what they found read again."""
