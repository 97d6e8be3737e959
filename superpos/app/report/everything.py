"""`superpos report [guides] [--jobs N]`: run all that has claims, and build outputs/report.

What is on disk is resumed. The records go to outputs/claims.json as well, as `superpos claims`
writes them. With `guides`, the experiments of the guides run alone, and the site is
outputs/guides. With `--jobs N` so many experiments run at a time.
"""

from collections.abc import Sequence
from pathlib import Path

from superpos.app import terminal
from superpos.app.claims.everything import add_jobs, run_all, settle_all
from superpos.app.extensions import program
from superpos.app.progress import stage
from superpos.app.report import gallery
from superpos.app.report.guide import guides

OUTPUTS = Path("outputs")


def main(words: Sequence[str]) -> int:
    """Run experiments, and write a page for each, one for all, and the guides.

    Args:
        words: none, or "guides"; and the number of experiments at a time.

    Returns:
        The highest exit code of the experiments.
    """
    parser = terminal.Parser(prog=f"{program()} report")
    parser.add_argument("what", nargs="?", choices=("report", "guides"), default="report")
    add_jobs(parser)
    given, console = parser.parse_args(words), terminal.console()
    what = given.what
    if what == "guides":
        names = dict.fromkeys(name for each in guides() for name in each.experiments)
        runs = run_all(console, names, given.jobs)
        code = max(run.code for run in runs)
    else:
        runs = run_all(console, n_jobs=given.jobs)
        code = settle_all(runs, console)
    with stage(console, f"{what}: writing pages of {len(runs)} experiments"):
        page = gallery.build(OUTPUTS / what, runs)
    console.print(f"{what}  {page}", soft_wrap=True)
    return code
