"""`python -m experiments.report [guides]`: the same as `claims`, and a site of pages."""

import sys

from experiments.__main__ import run

if __name__ == "__main__":
    sys.exit(run("report"))
