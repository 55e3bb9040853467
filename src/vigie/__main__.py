"""The one command: `vigie`, or `python -m vigie`."""

from vigie.interfaces.cli.app import main

if __name__ == "__main__":
    main()
