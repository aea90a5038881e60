"""Credentials become authorities: what is asked, how it is sent, what the answers mean."""
