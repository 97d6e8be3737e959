"""The tracker of a config: each model of a run, once it is trained, is a run of W&B or the like.

tracked.json    which models were logged, so that a run that goes on logs no model twice
tracker/        what trackers write that keep files
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from superpos import trackers
from superpos.arguments import ArgumentError
from superpos.components import Registry, check, construct
from superpos.store import files
from superpos.store.bounded import StoreError, read_json
from superpos.store.derived import replace

if TYPE_CHECKING:
    import xarray

TRACKERS: Registry = {
    "tracker": {
        "mlflow": trackers.mlflow,
        "tensorboard": trackers.tensorboard,
        "wandb": trackers.wandb,
    }
}
"""Kind of `tracker:` -> factory; each has the name of its package."""
GIVEN = ("labels", "folder")
"""What a tracker is given, where the config does not say it."""
FILE, FOLDER = "tracked.json", "tracker"


def wrong_tracker(node: Any) -> Iterator[str]:
    """What is wrong with the tracker of a config, a line each; none is chosen where it is null."""
    if node is None:
        return
    problems = check(TRACKERS, "tracker", node, "tracker", GIVEN)
    yield from problems
    if not problems:
        try:
            trackers.check_installed(node["kind"])
        except ArgumentError as error:
            yield f"tracker={error}"


def track(config: Mapping[str, Any], datasets: Mapping[str, "xarray.Dataset"], folder: Path) -> int:
    """Log the models that are finished and were not logged before, each as a run of its own.

    Args:
        config: plain and checked, with a tracker.
        datasets: what was trained, by variant.
        folder: of the run.

    Returns:
        How many were logged.

    Raises:
        ArgumentError: the tracker refused; what was trained and logged so far is kept.
        StoreError: it cannot be noted what was logged; one line.
    """
    node = config["tracker"]
    before, home = _logged(folder / FILE), files.own(folder, FOLDER)
    known, logged = set(before), [*before]
    with files.one_line(home, "cannot make"):
        home.mkdir(exist_ok=True)

    def start(variant: str, labels: Mapping[str, Any]) -> trackers.Tracker | None:
        of_variant = {"variant": variant} if len(datasets) > 1 else {}
        labels = {"experiment": config["experiment"], **of_variant, **labels}
        run = json.dumps([node, labels], sort_keys=True)
        if run in known:
            return None
        supplied = {"labels": labels, "folder": str(home)}
        tracker = construct(TRACKERS, "tracker", node, supplied=supplied)

        def close() -> None:
            tracker.close()
            logged.append(run)

        return tracker._replace(close=close)

    try:
        for name, dataset in datasets.items():
            trackers.log_members(dataset, lambda labels, name=name: start(name, labels))
    except ArgumentError:
        raise
    except Exception as error:  # of the tracker's package, which has errors of its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ArgumentError(f"tracker={node['kind']}: {reason}; what was trained is kept") from None
    finally:
        if len(logged) > len(before):
            replace(folder / FILE, json.dumps(logged, indent=0).encode())
    return len(logged) - len(before)


def _logged(path: Path) -> list[str]:
    """The runs that were logged, as their settings and labels.

    Raises:
        StoreError: the file is damaged; one line.
    """
    if not path.exists():
        return []
    found = read_json(path)
    if not isinstance(found, list) or not all(isinstance(run, str) for run in found):
        raise StoreError(f"{path}: expected what was logged; remove it to log all models again")
    return found
