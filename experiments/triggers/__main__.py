"""`python -m experiments.triggers audit LOG`: whether a log kept its schedule of evaluations."""

import sys

from experiments.__main__ import run

if __name__ == "__main__":
    sys.exit(run("triggers"))
