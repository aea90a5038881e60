"""`python -m scopeaudit`."""

from scopeaudit.cli.main import main

main()
