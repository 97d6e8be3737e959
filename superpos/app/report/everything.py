"""`superpos report [guides]`: run every experiment that has claims, and build outputs/report.

What is on disk is resumed. The records go to outputs/claims.json as well, as `superpos claims`
writes them. With `guides`, the experiments of the guides run alone, and the site is
outputs/guides.
"""

from collections.abc import Sequence
from pathlib import Path

from superpos.app import terminal
from superpos.app.claims.everything import run_all, settle_all
from superpos.app.extensions import program
from superpos.app.progress import stage
from superpos.app.report import gallery
from superpos.app.report.guide import guides

OUTPUTS = Path("outputs")


def main(words: Sequence[str]) -> int:
    """Run experiments, and write a page for each, one for all, and the guides.

    Args:
        words: none, or "guides".

    Returns:
        The highest exit code of the experiments.
    """
    parser = terminal.Parser(prog=f"{program()} report")
    parser.add_argument("what", nargs="?", choices=("report", "guides"), default="report")
    what, console = parser.parse_args(words).what, terminal.console()
    if what == "guides":
        runs = run_all(
            console, dict.fromkeys(name for each in guides() for name in each.experiments)
        )
        code = max(run.code for run in runs)
    else:
        runs = run_all(console)
        code = settle_all(runs, console)
    with stage(console, f"{what}: writing pages of {len(runs)} experiments"):
        page = gallery.build(OUTPUTS / what, runs)
    console.print(f"{what}  {page}", soft_wrap=True)
    return code
