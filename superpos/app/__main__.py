"""`superpos ...` and `python -m superpos.app ...`: see `superpos.app.command`."""

import importlib.util
import os
import sys

from superpos.app.stopping import stop_at_once

NEEDED = ("hydra", "jinja2", "matplotlib", "rich", "yaml")
"""What the extra `app` brings."""


def console() -> int:
    """Run the command line in a process of its own.

    Returns:
        The exit code; 2 where superpos is installed without the extra `app`, or where the
        environment says what cannot be.
    """
    stop_at_once()
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        needs = f"the command line needs {', '.join(missing)}"
        return _refuse(f"{needs}; pip install 'superpos[app]'")
    if problem := _wrong_count("NPROC"):
        return _refuse(problem)
    try:
        import jax
    except ValueError as error:  # JAX reads the environment when it is imported
        return _refuse(_of_jax(str(error)))
    del jax
    from superpos.app.command import main
    from superpos.app.startup import start_jax

    start_jax()
    return main()


def _wrong_count(name: str) -> str:
    """What is wrong with a variable of the environment that is a number of threads, if it is."""
    value = os.environ.get(name, "1")
    if value.isascii() and value.isdigit() and 1 <= int(value) < 2**31:
        return ""
    return f"{name}={value}: expected an integer in [1, 2147483647]"


def _of_jax(reason: str) -> str:
    """What JAX says of the environment, beginning with the variable that it means."""
    named = [name for name in os.environ if name.startswith("JAX_") and name in reason.upper()]
    variable = "".join(f"{name}={os.environ[name]}: " for name in named[:1])
    return f"{variable}expected what JAX takes ({' '.join(reason.split())})"


def _refuse(line: str) -> int:
    print(f"superpos: {line}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(console())
