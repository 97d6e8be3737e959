"""Every experiment composes, binds and runs end to end, however little its models have learned."""

import functools
import inspect
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from experiments.computation.uand import measure as uand
from experiments.elhage.decomposition import measure as decomposition
from experiments.elhage.phase_change import sampling
from experiments.gauge.dynamics import speed
from experiments.gauge.scale import moves, tied
from experiments.interp.language_model.measure import EXCERPT
from experiments.optimisation import curves
from experiments.priors import picked
from experiments.priors.functions import measure as functions
from experiments.tradeoff import quadrature
from experiments.tradeoff.allocation import sampled
from experiments.tradeoff.boundary import measure as boundaries
from experiments.triggers.buffer import simulated
from experiments.triggers.effective_compute import measure as gains
from experiments.values import curves as labels
from superpos.app import boundary, runner
from superpos.app.claims.everything import FULL
from superpos.app.claims.setting import registered
from superpos.app.config.variant import Variant
from superpos.app.extensions import extensions
from superpos.app.findings import Findings
from superpos.app.registry import analyses
from superpos.app.report.guide import guides
from superpos.data import directions
from superpos.engine import width
from superpos.train import store
from tests.conf.nulls import NULLS, own_variants, stretched
from tests.small import ends, shrunk
from tests.superpos.app.report.sites import claims_of, figures_of
from tests.work import Work, counted

FILES = {
    path.relative_to(folder).with_suffix("").as_posix(): path
    for folder in (extension.configs / "experiment" for extension in extensions())
    for path in folder.rglob("*.yaml")
}
"""Name of an experiment -> its YAML file."""
NAMES = sorted(FILES)
TINY = ("fit.n_steps=2", "fit.log_every=1", "fit.batch_size=8")
TINY_LOSS = "evaluations.loss.batch_size=8"
"""Of an experiment that has this evaluation."""
WORDS = {
    "interp/randomised": (
        "assets.activations.n_texts=64",
        "evaluations.interpretation.n_latents=2",
        "evaluations.interpretation.min_active=2",
    ),
    **dict.fromkeys(
        ("priors/functions", "priors/enumeration"), ("evaluations.boolean_functions.n_draws=16",)
    ),
    "priors/hypotheses": ("variants.guessed.evaluations.guess_and_check.n_draws=500",),
    **dict.fromkeys(
        ("myopia/investment", "myopia/tampering"),
        ("fit.updates_per_draw=1", "evaluations.behaviour.n_episodes=4"),
    ),
    "myopia/shutdown": ("fit.updates_per_draw=1", "evaluations.behaviour.n_episodes=128"),
    **dict.fromkeys(("liu/scaling", "henighan/double_descent"), ("schedule.warmup_steps=0",)),
    "traps/ppo": ("fit.updates_per_draw=1",),
    **dict.fromkeys(
        ("optimisation/quadratics", "optimisation/max_cut", "optimisation/multimodal"),
        (
            "data.data.n_held_out=4",
            "evaluations.program_search.n_generations=2",
            "evaluations.program_search.n_children=4",
            "evaluations.program_search.n_problems=4",
            "evaluations.program_search.n_validation=4",
        ),
    ),
    "power_law/dynamics": (  # powers are fitted from 5 updates on
        "fit.n_steps=10",
        "data.n_features=16",
        "optim.learning_rate=1.0",
        "evaluations.loss.every=1",
    ),
}
"""Experiment -> more words of that kind."""
CLAIM_KEYS = {
    *("id", "paper", "section", "setting", "claimed", "tolerance", "measured", "reproduced"),
    *("command", "source", "written", "identity", "agrees", "changed"),
}
"""DESIGN.md, section 4, and where a claim is from."""

RUN = [name for name in NAMES if not name.startswith(FULL)]
"""Those that are run; a full one is one of these at another size."""
FAST = {"train", "elhage/intro"}
"""Experiments that are run in the fast suite too."""
SMALL = [
    (sampling, "MONTE_CARLO_POINTS", sampling.MONTE_CARLO_POINTS[:1]),
    (sampling, "MONTE_CARLO_BATCHES", 1),
    (decomposition, "BATCH_PER_FEATURE", 256),
    (decomposition, "FULL_BATCH", 256),
    (decomposition, "N_FULL", 2),
    (boundaries, "N_FINE", 5),
    (quadrature, "GRID", 128),
    (sampled, "BATCH", 64),
    (sampled, "N_BATCHES", 2),
    (sampled, "FINE", 64),
    (speed, "N_UPDATES", 2),
    (speed, "N_ROUNDS", 1),
    (moves, "N_ELEMENTS", 2),
    (tied, "N_BATCHES", 2),
    (tied, "BATCH", 64),
    (uand, "FEATURES", (40, 80)),
    (uand, "WIDTHS", (64, 256)),
    (uand, "MANY", 40),
    (uand, "N_PAIRS", 8),
    (uand, "UNTRAINED", {"m": 8, "d": 32, "n_others": 1.0, "n_examples": 200}),
    (simulated, "N_RUNS", 1),
    (gains, "N_DRAWS", 3),
    (picked, "N_KERNEL_DRAWS", 100),
    (curves, "N_RESAMPLES", 20),
    (labels, "N_RESAMPLES", 20),
    (functions, "N_ORDERS", 2),
]
"""Sizes of analyses that are cut down: (module, name, value)."""
ONCE = {
    *("gauge/audit", "gauge/dynamics", "gauge/scale"),  # no axis but a few seeds
    *("elhage/phase_change_3", "elhage/demonstrating_large"),  # another one at another size
}
"""Experiments whose analysis is not run again for one value of each axis."""
WEIGHTS = {
    **dict.fromkeys(("W", "W_in", "W_out", "weights.0"), ("feature", "hidden")),
    "W_dec": ("latent", "input"),
    "layers.up.W": ("residual", "neuron"),
    "policy.weights.0": ("feature", "hidden_1"),
    "rule.weights.0": ("signal", "hidden"),
}
"""Name of the weights of a model -> the last dimensions of their results."""
LINEAR = ("feature", "output")
"""The same of a perceptron without hidden layers."""
MOST_PROGRAMS = 120
"""That an experiment may have compiled in a new process, those of its analysis included: about 5
CPU-seconds. In a process that has compiled some of them before it is less."""
LARGER = {"gauge/audit": 240, "gauge/dynamics": 160}
"""All metrics of seven models in one experiment, and all that is measured of optimisers."""
MOST_STEPS = 200
"""Updates of all models together; that many take no time beside compiling."""


class Ran(NamedTuple):
    """An experiment that was run: its exit code, folder, config, work, variants and analysis."""

    code: int
    folder: Path
    config: dict[str, Any]
    work: Work
    variants: Mapping[str, Variant]
    analyse: Callable[..., Findings]

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


def shrunk_variant(changes: Mapping[str, Any] | None) -> dict[str, Any]:
    """The axes of a variant cut down as well, and its length left to TINY unless it is 0."""
    small = dict(changes or {})
    if small.get("fit", {}).get("n_steps") != 0:
        small.pop("fit", None)
    cut = {"sweep": shrunk, "points": ends}
    return small | {name: cut[name](small[name]) for name in cut if name in small}


@contextmanager
def smaller() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in SMALL:
            patch.setattr(module, name, value)
        yield


def run_small(name: str, folder: Path) -> Ran:
    tiny = (*TINY, TINY_LOSS) if registered(name)["evaluations"].get("loss") else TINY
    config = boundary.compose([f"experiment={name}", *tiny, *WORDS.get(name, ())])
    config |= {"output_dir": str(folder), "sweep": shrunk(config["sweep"])}
    config["points"] = ends(config["points"])
    variants = config["variants"].items()
    config["variants"] = {name: shrunk_variant(changes) for name, changes in variants}
    with smaller(), counted() as work, pytest.MonkeyPatch.context() as patch:
        if config["analysis"]["kind"] != "train":
            patch.setattr(width, "fastest", lambda *_: pytest.fail("a clock decided on a width"))
        bound = runner.bind(config)
        code = runner.run(config, bound).code
    return Ran(code, folder, config, work, *bound)


def test_there_are_experiments() -> None:
    assert {"train", "elhage/phase_change", "elhage/intro", "elhage/demonstrating"} <= set(NAMES)
    assert boundary.experiments() == NAMES


@pytest.mark.slow
def test_every_experiment_binds_at_its_own_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are run here are traced then; those of the full size are traced here.

    Directions are not pushed apart, which takes minutes where there are 16,384.
    """
    as_drawn = functools.partial(directions.orthogonalised, n_steps=0)
    monkeypatch.setattr(directions, "orthogonalised", lambda *sizes, **_: as_drawn(*sizes))
    for name in NAMES:
        config = without_corpus(registered(name))
        if config is None:
            continue
        variants, analyse = runner.bind(config, trace=name not in RUN)
        assert {*variants} == {*(config["variants"] or ["sweep"])}, name
        assert callable(analyse)
        assert all(variant.n_members >= 1 for variant in variants.values()), name
        jobs = [job for variant in variants.values() for job in variant.plans]
        assert any(job.fit.n_steps > 0 for job in jobs), name  # others may only start
        check_starts(config, variants)


def without_corpus(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """With the excerpt in place of texts of the corpus; None where a model is from there."""
    loaders = [loader for loader in config["assets"].values() if loader]
    if any(loader["kind"] == "checkpoint" and "corpus" in loader["path"] for loader in loaders):
        return None
    texts = dict.fromkeys(("austen", "brown", "kjv")) | {"novel": EXCERPT["novel"]}
    changed = {
        name: {**loader, **texts, "held_out_share": 0.1}
        for name, loader in config["assets"].items()
        if loader and loader["kind"] == "tokens"
    }
    changed |= {
        name: {**loader, "n_texts": None}
        for name, loader in config["assets"].items()
        if loader and loader["kind"] == "activations"
    }
    return {**config, "assets": {**config["assets"], **changed}}


def check_starts(config: Mapping[str, Any], variants: Mapping[str, Variant]) -> None:
    """Where the best of restarts is taken, those at one point say nothing of those at another."""
    reduces = hasattr(inspect.getmodule(analyses()[config["analysis"]["kind"]]), "best_of")
    restarted = any(len(variant.axes.get("seed", ())) > 1 for variant in variants.values())
    assert config["engine"]["own_starts"] or not (reduces and restarted), config["experiment"]


def limited(name: str, text: str) -> bool:
    """Whether three sentences say what is shown, and at last what is not; where they have to."""
    if not text:
        return not name.startswith(("myopia/", "optimisation/", "traps/", "values/"))
    return text.count(". ") == 2 and bool(re.search(r"It does not (show|count) [^.]*\.$", text))


@pytest.mark.slow
def test_every_experiment_says_what_it_asks_and_how_to_run_it() -> None:
    assert [name for name in NAMES if not 3 < len(registered(name)["title"]) < 80] == []
    assert [name for name in NAMES if not registered(name)["question"].strip().endswith("?")] == []
    said = {name: registered(name)["shows"] for name in NAMES}
    assert [name for name, text in said.items() if not limited(name, text)] == []
    texts = {name: FILES[name].read_text() for name in NAMES}
    command = r"^# python -m experiments experiment={}(\s|$)"
    runs = {name: re.search(command.format(name), texts[name], re.MULTILINE) for name in NAMES}
    assert [name for name, found in runs.items() if not found] == []


@pytest.mark.filterwarnings("ignore:Attempting to set identical")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name not in FAST)) for name in RUN]
)
def test_experiment_runs_end_to_end(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With two steps and two values per axis."""
    ran = run_small(name, tmp_path)
    assert ran.code == 0
    assert capsys.readouterr().out.startswith("other setting  ") == (name != "train")
    check_work(name, ran)
    check_page(ran)
    check_stores(ran)
    check_claims(ran)
    check_guides(ran)
    check_that_claims_can_fail(ran)
    if name not in ONCE:
        check_one_value(ran)


def check_work(name: str, ran: Ran) -> None:
    """What an experiment costs in the suite, counted, so that it is the same on every machine."""
    assert list(ran.variants) == (list(ran.config["variants"]) or ["sweep"])
    jobs = [job for variant in ran.variants.values() for job in variant.plans]
    assert any(job.fit.n_steps > 0 for job in jobs)
    assert sum(job.n_members * job.fit.n_steps for job in jobs) <= MOST_STEPS
    assert ran.work.programs <= LARGER.get(name, MOST_PROGRAMS)


def check_page(ran: Ran) -> None:
    page = (ran.folder / "index.html").read_text()
    assert ran.config["title"] in page
    assert all(record["id"] in page for record in ran.claims)
    images = Images(page).found
    assert images
    drawn = {path.name for path in ran.folder.iterdir() if path.suffix == ".svg"}
    assert {source for source, _ in images} == drawn
    for kind in (".png", ".pdf"):
        assert {path.stem for path in ran.folder.glob(f"*{kind}")} == {
            Path(each).stem for each in drawn
        }
    for source, alt in images:
        assert (ran.folder / source).stat().st_size > 2000
        assert len(alt) > 20


def check_stores(ran: Ran) -> None:
    for name, variant in ran.variants.items():
        dataset, job = store.open(ran.folder / name), variant.plans[0]
        assert dataset["status"].size == variant.n_members
        assert (dataset["status"] == "ok").all()
        trained = list(range(1, job.fit.n_steps + 1))
        assert not trained or dataset["step"].values.tolist() == trained
        weights = [name for name in WEIGHTS if name in dataset]
        assert weights or "G" in dataset
        assert all(dataset[weight].dims[-2:] in (WEIGHTS[weight], LINEAR) for weight in weights)
        inputs = "input" if "W_dec" in weights else "feature"
        # No array of a language model is as long as a window, nor one of a rule as a problem.
        if not {"layers.up.W", "rule.weights.0"} & {*weights}:
            assert dataset.sizes[inputs] == job.config["data"]["n_features"]
        loss = dataset["loss" if "loss" in dataset else "train_loss"]
        assert not trained or np.isfinite(loss).all()


def check_claims(ran: Ran) -> None:
    assert bool(ran.claims) == (ran.config["analysis"]["kind"] != "train")
    assert len({record["id"] for record in ran.claims}) == len(ran.claims)
    for record in ran.claims:
        assert set(record) >= CLAIM_KEYS
        texts = [record[key] for key in ("id", "paper", "section", "setting", "command")]
        assert all(isinstance(text, str) and text.strip() for text in texts)
        assert record["id"].startswith(f"{ran.config['experiment']}/")  # so no two share one
        assert record["command"] == ran.config["command"]
        assert record["statement"].split()[0] not in ("and", "but", "nor", "or"), "read alone"
        assert math.isfinite(record["claimed"]) and 0 <= record["tolerance"] < math.inf
        assert record["changed"] and record["reproduced"] is None  # so small a run is another one
        assert record["agrees"] in (True, False, None)
        if record["measured"] is None:
            assert not record["agrees"]
        else:
            assert math.isfinite(record["measured"])
            assert record["agrees"] is not None


def check_guides(ran: Ran) -> None:
    """What the guides say of an experiment is there to be said."""
    name, ids = ran.config["experiment"], {record["id"] for record in ran.claims}
    for guide in guides():
        assert {each for each in claims_of(guide) if each.startswith(f"{name}/")} <= ids
        files = [file for experiment, file in figures_of(guide) if experiment == name]
        assert all((ran.folder / file).exists() for file in files)


def check_one_value(ran: Ran) -> None:
    """The analysis of one member of each sweep, which is what one value for each axis gives."""
    datasets = {name: store.open(ran.folder / name) for name in ran.variants}
    alone = {
        name: dataset.isel({dim: [0] for dim in dataset["status"].dims})
        for name, dataset in datasets.items()
    }
    folder = ran.folder / "alone"
    folder.mkdir()
    with smaller():
        findings = ran.analyse(alone, folder)
    assert {verdict.claim.id for verdict in findings.verdicts} == {c["id"] for c in ran.claims}
    assert all((folder / figure.name).stat().st_size > 2000 for figure in findings.figures)


def check_that_claims_can_fail(ran: Ran) -> None:
    """Claims that hold for models that learned nothing, and for any others, would say nothing.

    What holds for all of them is an identity, which is not counted. A claim has to fail once, so
    those NULLS that none is left for are not judged.
    """
    analysis = analyses().analysis(ran.config["analysis"]["kind"])
    stored = {
        name: stretched(store.open(ran.folder / name), variant)
        for name, variant in own_variants(ran.config["experiment"]).items()
    }
    standing = {record["id"] for record in ran.claims if not record["identity"]}
    for null in NULLS:
        if not standing:
            break
        with smaller(), np.errstate(all="ignore"):  # such models may have nothing to divide by
            measured = analysis.measure({name: null(each) for name, each in stored.items()})
            verdicts = analysis.judge(measured)
        standing -= {each.claim.id for each in verdicts if each.reproduced is False}
    assert standing == set()
