"""`superpos ...` and `python -m superpos.app ...`: see `superpos.app.command`."""

import importlib.util
import sys

NEEDED = ("hydra", "jinja2", "matplotlib", "rich", "yaml")
"""What the extra `app` brings."""


def console() -> int:
    """Run the command line in a process of its own.

    Returns:
        The exit code; 2 where superpos is installed without the extra `app`.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        needs = f"the command line needs {', '.join(missing)}"
        print(f"superpos: {needs}; pip install 'superpos[app]'", file=sys.stderr)
        return 2
    from superpos.app.command import main
    from superpos.app.startup import start_jax

    start_jax()
    return main()


if __name__ == "__main__":
    sys.exit(console())
