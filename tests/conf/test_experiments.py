"""Every experiment composes, binds and runs end to end, however little its models have learned."""

import json
import math
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from experiments import boundary, runner
from experiments.axes import GENERATORS, expand
from experiments.claims.everything import FULL
from experiments.elhage import phase_change
from experiments.gauge import equivariance, label_space
from experiments.report.guide import GUIDES
from superpos.train import store
from tests.experiments.report.sites import claims_of, figures_of

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "conf" / "experiment"
NAMES = sorted(str(p.relative_to(FOLDER).with_suffix("")) for p in FOLDER.rglob("*.yaml"))
TINY = ("fit.n_steps=2", "fit.log_every=1", "fit.batch_size=8", "probe.batch_size=8")
CLAIM_KEYS = {
    *("id", "paper", "section", "setting", "claimed", "tolerance", "measured", "reproduced"),
    "command",
}
"""DESIGN.md, section 4."""

RUN = [name for name in NAMES if not name.startswith(FULL)]
"""Those that are run; a full one is one of these at another size."""
FAST = {"train", "elhage/intro", "scherlis/phase"}
"""Experiments that are run in the fast suite too."""
ONCE = {
    *("gauge/audit", "gauge/dynamics", "gauge/scale"),  # no axis but a few seeds
    *("elhage/phase_change_3", "elhage/demonstrating_large"),  # another one at another size
}
"""Experiments that take long and are not run with one value for each axis."""

each_experiment = pytest.mark.parametrize("name", NAMES)


class Ran(NamedTuple):
    """An experiment that was run: its exit code, its folder and its config."""

    code: int
    folder: Path
    config: dict[str, Any]

    @property
    def claims(self) -> list[dict[str, Any]]:
        return json.loads((self.folder / "claims.json").read_text(), parse_constant=pytest.fail)


class Images(HTMLParser):
    """The images of a page: (src, alt)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            given = dict(attrs)
            self.found.append((given.get("src") or "", given.get("alt") or ""))


def shrunk(node: Any, most: int = 2) -> Any:
    """Axes cut down to their ends, or to their first value, wherever they are in a sweep."""
    if isinstance(node, Mapping) and not set(node) & set(GENERATORS):
        return {name: shrunk(child, most) for name, child in node.items()}
    if node is None:
        return None
    values = expand("axis", node)
    return [values[at] for at in (0, -1)[: min(most, len(values))]]


def shrunk_variant(changes: Mapping[str, Any] | None, most: int) -> dict[str, Any]:
    """The axes of a variant cut down as well, and its length left to TINY unless it is 0."""
    small = dict(changes or {})
    if small.get("fit", {}).get("n_steps") != 0:
        small.pop("fit", None)
    return small | {"sweep": shrunk(small["sweep"], most)} if "sweep" in small else small


def run_small(name: str, folder: Path, most: int) -> Ran:
    config = boundary.compose([f"experiment={name}", *TINY])
    config |= {"output_dir": str(folder), "sweep": shrunk(config["sweep"], most)}
    variants = config["variants"].items()
    config["variants"] = {name: shrunk_variant(changes, most) for name, changes in variants}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phase_change, "MONTE_CARLO_POINTS", phase_change.MONTE_CARLO_POINTS[:1])
        patch.setattr(phase_change, "MONTE_CARLO_BATCHES", 1)
        patch.setattr(phase_change, "MONTE_CARLO_BATCH", 2**14)
        patch.setattr(equivariance, "OPTIMISERS", {"sgd": equivariance.OPTIMISERS["sgd"]})
        patch.setattr(equivariance, "N_STEPS", 5)
        patch.setattr(label_space, "N_STEPS", 25)
        return Ran(runner.run(config).code, folder, config)


def test_there_are_experiments() -> None:
    assert {"train", "elhage/phase_change", "elhage/intro", "elhage/demonstrating"} <= set(NAMES)
    assert boundary.experiments() == NAMES


@pytest.mark.slow
@each_experiment
def test_experiment_composes_and_binds(name: str) -> None:
    config = boundary.compose([f"experiment={name}"])
    jobs, analyse = runner.bind(config)
    assert list(jobs) == (list(config["variants"]) or ["sweep"])
    assert callable(analyse)
    assert all(job.n_members >= 1 for job in jobs.values())
    assert any(
        job.fit.n_steps > 0 for job in jobs.values()
    )  # a variant may be models as they start


@each_experiment
def test_experiment_says_what_it_asks_and_how_to_run_it(name: str) -> None:
    config = boundary.compose([f"experiment={name}"])
    assert 3 < len(config["title"]) < 80
    assert config["question"].strip().endswith("?")
    text = (FOLDER / f"{name}.yaml").read_text()
    assert re.search(rf"^# python -m experiments experiment={name}(\s|$)", text, re.MULTILINE)


@pytest.mark.filterwarnings("ignore:Attempting to set identical")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name not in FAST)) for name in RUN]
)
def test_experiment_runs_end_to_end(name: str, tmp_path: Path) -> None:
    """With two steps and two values per axis, then one; few runs, since each takes seconds."""
    ran = run_small(name, tmp_path / "two", most=2)
    assert ran.code == 0
    check_page(ran)
    check_stores(ran)
    check_claims(ran)
    check_guides(ran)
    check_that_two_steps_do_not_reproduce_everything(ran)
    if name not in ONCE:
        one = run_small(name, tmp_path / "one", most=1)
        assert one.code == 0
        check_page(one)
        check_claims(one)


def check_page(ran: Ran) -> None:
    page = (ran.folder / "index.html").read_text()
    assert ran.config["title"] in page
    assert all(record["id"] in page for record in ran.claims)
    images = Images(page).found
    assert images
    drawn = {path.name for path in ran.folder.iterdir() if path.suffix in (".png", ".svg")}
    assert {source for source, _ in images} == drawn
    for source, alt in images:
        assert (ran.folder / source).stat().st_size > 2000
        assert len(alt) > 20


def check_stores(ran: Ran) -> None:
    jobs, _ = runner.bind(ran.config)
    for name, job in jobs.items():
        dataset = store.open(ran.folder / name)
        assert dataset["status"].size == job.n_members
        assert (dataset["status"] == "ok").all()
        trained = list(range(1, job.fit.n_steps + 1))
        assert not trained or dataset["step"].values.tolist() == trained
        weights = [name for name in ("W", "W_in", "W_out", "weights.0") if name in dataset]
        assert weights
        assert all(dataset[weight].dims[-2:] == ("feature", "hidden") for weight in weights)
        assert dataset.sizes["feature"] == job.config["data"]["n_features"]
        assert not trained or np.isfinite(dataset["loss"]).all()


def check_claims(ran: Ran) -> None:
    assert bool(ran.claims) == (ran.config["analysis"]["kind"] != "train")
    assert len({record["id"] for record in ran.claims}) == len(ran.claims)
    for record in ran.claims:
        assert set(record) >= CLAIM_KEYS
        texts = [record[key] for key in ("id", "paper", "section", "setting", "command")]
        assert all(isinstance(text, str) and text.strip() for text in texts)
        assert record["id"].startswith(f"{ran.config['experiment']}/")  # so no two share one
        assert record["command"] == ran.config["command"]
        assert math.isfinite(record["claimed"]) and 0 <= record["tolerance"] < math.inf
        assert record["reproduced"] in (True, False, None)
        if record["measured"] is None:
            assert not record["reproduced"]
        else:
            assert math.isfinite(record["measured"])
            assert record["reproduced"] is not None


def check_guides(ran: Ran) -> None:
    """What the guides say of an experiment is there to be said."""
    name, ids = ran.config["experiment"], {record["id"] for record in ran.claims}
    for guide in GUIDES:
        assert {each for each in claims_of(guide) if each.startswith(f"{name}/")} <= ids
        files = [file for experiment, file in figures_of(guide) if experiment == name]
        assert all((ran.folder / file).exists() for file in files)


def check_that_two_steps_do_not_reproduce_everything(ran: Ran) -> None:
    """Claims that hold for models that learned nothing would say nothing."""
    states = [record["reproduced"] for record in ran.claims]
    assert not states or False in states
