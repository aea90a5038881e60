"""Commands, wherever files hold them."""
