"""A package of a user, as `--with` takes it: a source, an evaluation, an experiment and a guide."""

from pathlib import Path

FILES = {
    "__init__.py": '"""Mine."""\n',
    "components.py": '''
from superpos.arguments import Count, Density, factory
from superpos.data import stateless
from superpos.types import Batch, Evaluation, Model, Source
import jax.numpy as jnp
from jax import random


@factory
def coins(*, n_features: Count, density: Density = 0.5) -> Source:
    """Independent features, each 1 with probability `density`, else 0."""

    def sample(key, n):
        x = random.bernoulli(key, density, (n, n_features)).astype(jnp.float32)
        return Batch(inputs=x, targets=x, factors=x)

    return stateless(sample)


@factory
def bias(*, model: Model) -> Evaluation:
    """The mean bias."""
    del model
    return Evaluation(measure=lambda params, state, key: {"mean_bias": params.b.mean()})


COMPONENTS = {"data": {"coins": coins}, "evaluation": {"bias": bias}}
''',
    "mine/first/__init__.py": "",
    "mine/first/measure.py": """
def measure(datasets, *, at_least: int = 1):
    dataset = datasets["sweep"]
    assert dataset.sizes["seed"] >= at_least
    return float(dataset["loss"].isel(step=-1).mean())
""",
    "mine/first/claims.py": """
from superpos.app.claims.ledger import Origin, claims_of

CLAIMS = claims_of(
    "mine/first",
    (("falls", "the loss is below that of nothing", "<=", 1.0, 0.0),),
    paper="none, our own check",
    section="-",
    setting="coins",
    origin=Origin("ours", "before"),
)


def judge(measured):
    return [CLAIMS["falls"].judge(measured)]
""",
    "mine/first/figures.py": """
from superpos.app.findings import Figure
from superpos.app.plots.figures import new_figure, save


def draw(measured, folder):
    figure, axis = new_figure(1, 1)
    axis.plot([measured])
    save(figure, folder / "mine.png")
    return [Figure("mine.png", "A point.", "The loss.")]
""",
    "conf/experiment/mine/first.yaml": """# @package _global_
defaults:
  - override /data: coins
  - override /evaluations: bias
  - _self_
title: Coins
question: Does the loss fall?
data:
  n_features: 3
evaluations:
  loss:
    batch_size: 8
sweep:
  seed: [0, 1]
fit:
  n_steps: 4
  batch_size: 8
  log_every: 2
analysis:
  kind: mine/first
""",
}


def write_package(folder: Path, name: str, **changes: str | None) -> Path:
    """Write the package, with other files or without some; returns its folder.

    Args:
        folder: to write it in.
        name: of the package.
        **changes: file, with "__" for "/" and without its suffix, -> its text; None leaves it out.
    """
    files: dict[str, str | None] = dict(FILES)
    for key, text in changes.items():
        [file] = [each for each in files if each.rpartition(".")[0] == key.replace("__", "/")]
        files[file] = text
    for file, text in files.items():
        if text is not None:
            path = folder / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder / name
