"""`python -m experiments experiment=<group>/<name> [key=value ...]`: superpos with the papers.

All that `superpos --help` says holds here too.
"""

import sys

from superpos.app.__main__ import console


def run(*words: str) -> int:
    """Run the command line with the papers.

    Args:
        *words: that come before those of the command line.

    Returns:
        The exit code.
    """
    sys.argv[1:1] = ["--with", "experiments", *words]
    return console()


if __name__ == "__main__":
    sys.exit(run())
