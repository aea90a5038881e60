"""`python -m scopeaudit`, and the `scopeaudit` command."""

from typing import NoReturn

from scopeaudit.cli.interruption import end, end_at_once


def main() -> NoReturn:
    """Run the program; an interruption counts from here on, so while it is being imported too."""
    try:
        end_at_once()
        from scopeaudit.cli.main import main as program

        program()
    except KeyboardInterrupt:
        end()


if __name__ == "__main__":
    main()
