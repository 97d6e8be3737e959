"""The command line in this process."""

from tests.superpos.app.conftest import as_new_process

__all__ = ["as_new_process"]
