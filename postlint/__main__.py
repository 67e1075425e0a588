"""``python -m postlint``: the same as the console script."""

from postlint.cli import main

if __name__ == "__main__":
    main()
