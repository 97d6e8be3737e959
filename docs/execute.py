"""`python -m docs.execute NOTEBOOK...`: run notebooks, and keep their outputs in them."""

import sys

import nbformat
from nbclient import NotebookClient

if __name__ == "__main__":
    for path in sys.argv[1:]:
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, record_timing=False).execute()
        nbformat.write(notebook, path)
