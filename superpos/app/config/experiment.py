"""From a plain config to an experiment: its variants, and the analysis of their results."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from superpos import random
from superpos.app.complaints import MOVED
from superpos.app.config import loading
from superpos.app.config.changes import with_changes
from superpos.app.config.resolve import COMPONENTS
from superpos.app.config.sweep_plan import ConfigError, SweepPlan
from superpos.app.config.variant import Variant, bind_variant
from superpos.app.findings import Findings
from superpos.app.registry import analyses
from superpos.app.sweeping import arithmetic
from superpos.app.tracking import wrong_tracker
from superpos.arguments import (
    ArgumentError,
    MaybeCount,
    MaybeNonNegative,
    PositiveFraction,
    did_you_mean,
    shown,
)
from superpos.components import check, problem_of
from superpos.engine.after import described
from superpos.engine.assets import arrays_of, reading
from superpos.engine.placing import shapes_of
from superpos.engine.program import schema_of
from superpos.engine.tracing import TooLargeError
from superpos.engine.work import MaybeMembers
from superpos.memory import available_bytes
from superpos.random import Rng
from superpos.store.afterwards import check_names
from superpos.store.grid import make_grid
from superpos.store.table import is_number
from superpos.train.training import Kernel

VARIED = (*COMPONENTS, "assets", "fit", "seed", "sweep", "zipped", "points", "engine")
"""What a variant may change."""
SECTIONS = (
    *VARIED,
    "magnitude",
    "schedule",
    "variants",
    "analysis",
    "objective",
    "output_dir",
)
TOP_LEVEL = (
    *SECTIONS,
    "title",
    "question",
    "shows",
    "experiment",
    "command",
    "overrides",
    "links",
    "tracker",
    "unresolved",
)
ENGINE = {
    "kernel": Kernel,
    "rng": Rng,
    "chunk": MaybeMembers,
    "n_devices": MaybeCount,
    "measure_width": bool,
    "memory_fraction": PositiveFraction,
    "checkpoint_seconds": MaybeNonNegative,
    "check_fragile": bool,
    "own_starts": bool,
    "matmul_precision": Literal["highest", "high", "default"],
    "x64": bool,
    "allow_numerics_change": bool,
}
SOUND_ENGINE = {"kernel": "xla", "rng": "threefry13", "x64": False, "own_starts": False}
"""In place of one with which nothing could be tried, to tell what else is wrong."""
GIVEN = ("datasets",)
"""What an analysis is given."""
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def bind(
    config: Mapping[str, Any], *, trace: bool = True
) -> tuple[dict[str, Variant], Callable[..., Findings]]:
    """Check a config.

    Args:
        config: plain and resolved, as `boundary.run` hands it over.
        trace: trace each plan for what `wrong_results` tells; plans of one shape need that once.

    Returns:
        The variants (one called "sweep" where the config has none), and the analysis: (datasets
        by variant, folder) -> Findings.

    Raises:
        ConfigError: with every problem found.
    """
    missing = [f"{name}: missing" for name in SECTIONS if name not in config]
    if missing:
        raise ConfigError(missing)
    wrong_engine = [*_engine(config["engine"])]
    problems = [*_unknown("", config, TOP_LEVEL), *wrong_engine]
    kinds = {"analysis": analyses()}
    problems += check(kinds, "analysis", config["analysis"], "analysis", GIVEN)
    if not isinstance(config["output_dir"], str) or not config["output_dir"]:
        problems.append(f"output_dir={config['output_dir']!r}: expected a folder")
    problems += wrong_tracker(config.get("tracker"))
    problems += _objective(config["objective"])
    problems += _texts(config)
    variants: dict[str, Variant] = {}
    wrong_variants = [*_variants(config["variants"])]
    for name, changed in {} if wrong_variants else _in_order(config):
        try:
            made = {each: variant.model for each, variant in variants.items()}
            wrong = [*_engine(changed["engine"])]
            problems += [each for each in wrong if each not in problems]
            changed = {**changed, "engine": SOUND_ENGINE} if wrong else changed
            variants[name] = bind_variant(changed, made)
            for plan in variants[name].plans if trace and not wrong else ():
                problems += [each for each in wrong_results(plan) if each not in problems]
        except ConfigError as error:
            problems += [problem for problem in error.problems if problem not in problems]
    problems += _untrained(config) if not problems else []
    problems += _unread(variants.values()) if not problems else []
    if problems or wrong_variants:
        raise ConfigError(problems + wrong_variants)

    def analyse(datasets: Mapping[str, Any], folder: Path) -> Findings:
        node = dict(config["analysis"])
        analysis = kinds["analysis"].analysis(node.pop("kind"))
        return analysis.findings(analysis.measure(datasets, **node), folder)

    return variants, analyse


def _untrained(config: Mapping[str, Any]) -> list[str]:
    """Only `train` has something to say about models at their start."""
    if config["fit"]["n_steps"] or config["analysis"]["kind"] == "train":
        return []
    return ["fit.n_steps=0: expected steps, as the claims are about trained models"]


def _unread(variants: Iterable[Variant]) -> list[str]:
    """An asset that no component of any variant asks for changes nothing."""
    plans = [plan for variant in variants for plan in variant.plans]
    named = dict.fromkeys(
        name for plan in plans for name, node in plan.config["assets"].items() if node is not None
    )
    read = {name for plan in plans for name in loading.needed(plan.config["assets"], plan.assets)}
    return [
        f"assets.{name}: no component has an argument of that name"
        for name in named
        if name not in read
    ]


def _in_order(config: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The config of each variant in their order, those first that another takes members of."""
    given = config["variants"] or {"sweep": None}
    changed = {name: with_changes(config, changes or {}) for name, changes in given.items()}
    done: set[str] = set()

    def with_needed(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if name in done:
            return
        done.add(name)
        for each in loading.variants_of(changed[name]["assets"]):
            if each in changed:
                yield from with_needed(each)
        yield name, changed[name]

    for name in changed:
        yield from with_needed(name)


def _unknown(prefix: str, node: Mapping[str, Any], known: Any) -> Iterator[str]:
    for name in node:
        if name not in known:
            what = "unknown" if prefix else "unknown key"
            hint = f"; {MOVED[name]}" if name in MOVED else did_you_mean(str(name), known)
            yield f"{prefix}{name}: {what}{hint}"


def _engine(node: Any) -> Iterator[str]:
    if not isinstance(node, Mapping):
        yield f"engine={node!r}: expected {', '.join(ENGINE)}"
        return
    yield from _unknown("engine.", node, ENGINE)
    for name, hint in ENGINE.items():
        yield from (
            problem_of(f"engine.{name}", node[name], hint)
            if name in node
            else [f"engine.{name}: missing"]
        )
    if node.get("x64") is True and node.get("kernel") == "pallas":
        yield "engine.x64=True: expected engine.kernel=xla, as a kernel computes in float32"


def _variants(node: Any) -> Iterator[str]:
    """A variant is named as a folder can be, and changes what is trained."""
    if node is not None and not isinstance(node, Mapping):
        yield f"variants={node!r}: expected a name and changes for each variant"
        return
    for name, changes in (node or {}).items():
        if not PLAIN_NAME.fullmatch(str(name)):
            yield f"variants.{name}: expected a plain name of letters, digits, '.', '_' and '-'"
        elif changes is not None and not isinstance(changes, Mapping):
            yield f"variants.{name}={changes!r}: expected changes to the config"
        else:
            yield from _unknown(f"variants.{name}.", changes or {}, VARIED)


def _texts(config: Mapping[str, Any]) -> Iterator[str]:
    """What a page states is text."""
    for name in ("title", "question", "shows"):
        if type(config.get(name, "")) is not str:
            yield f"{name}={shown(config[name])}: expected a text"


def _objective(node: Any) -> Iterator[str]:
    names = node if isinstance(node, list) else [node]
    if not names or not all(isinstance(name, str) for name in names):
        yield f"objective={node!r}: expected the name of a result, or a list of names"


def wrong_results(plan: SweepPlan) -> Iterator[str]:
    """Trace one member, without compiling, for the names and shapes of its results.

    Args:
        plan: checked but for this.

    Yields:
        What is wrong with config.objective, a line each.

    Raises:
        ConfigError: the engine cannot train it, or names are taken.
    """
    wanted = plan.config["objective"]
    root = random.key(0, rng=plan.config["engine"]["rng"])
    arrays = shapes_of(arrays_of(plan.trained_with))
    try:
        points = make_grid(plan.axes, plan.zipped).points
        with arithmetic(plan.config):
            build = reading(plan.build, plan.trained_with)
            budget = plan.config["engine"]["memory_fraction"] * available_bytes()
            schema = schema_of(build, points, root.dtype, arrays, budget)
            if plan.over:
                keys = [*plan.axes, *(axis for axes in plan.over.values() for axis in axes)]
                run, carry = described(plan.build_later, keys, root, plan.assets)
                over = {name: [*axes] for name, axes in plan.over.items()}
                check_names(run, carry, schema, [*plan.axes], over)
    except (ArgumentError, TooLargeError) as error:
        raise ConfigError([str(error)]) from None
    numbers = [name for name, entry in schema.items() if is_number(entry)]
    for name in wanted if isinstance(wanted, list) else [wanted]:
        if isinstance(name, str) and name not in numbers:
            close = did_you_mean(name, numbers)
            yield f"objective={name}: expected one of {', '.join(numbers)}{close}"
