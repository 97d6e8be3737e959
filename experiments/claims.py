"""`python -m experiments.claims [full]`: all experiments of the papers, one table of claims."""

import sys

from experiments.__main__ import run

if __name__ == "__main__":
    sys.exit(run("claims"))
