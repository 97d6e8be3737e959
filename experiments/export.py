"""`python -m experiments.export FOLDER FILE`: results as zarr, netCDF, parquet or csv."""

import sys

from experiments.__main__ import run

if __name__ == "__main__":
    sys.exit(run("export"))
