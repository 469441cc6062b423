"""`python -m engine`: everything without a browser."""

import sys


def start() -> int:
    try:
        from engine.cli import main
    except KeyboardInterrupt:  # while the program itself was still loading
        print("Stopped.", file=sys.stderr)
        return 130
    return main()


if __name__ == "__main__":
    sys.exit(start())
