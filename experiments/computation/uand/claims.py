"""What is claimed of ANDs in superposition."""

import numpy as np

from experiments.computation.uand.measure import LEVEL, Conjunctions, Layers, Trained, bound
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of

ROWS: tuple[Row, ...] = (
    ("falls", "the error falls with the width, at every number of features and of those that are"
     " on; largest power of d by which it grows", "<=", -0.25, 0),
    ("exponent", "the width that an error of 0.1 takes grows like m^(2/3), up to logs; exponent",
     "=", 2 / 3, 0.15),
    ("interference", "the width at which superposition of the inputs changes the read-off by 0.1"
     " grows like m^(2/3); exponent", "=", 2 / 3, 0.1),
    ("aligned", "without superposition of the inputs the width does not grow; exponent",
     "=", 0, 0.1),
    ("bound", "no layer has fewer neurons than √(m log₂ m); least ratio", ">=", 1, 0),
    ("off_by_noise", "an untrained random layer already has ANDs linearly: R² of two of its"
     " features on other examples", ">=", 0.9, 0),
    ("from_inputs", "the inputs alone have them with R² = 2/3", "=", 2 / 3, 0.05),
    ("trained", "trained networks have smaller errors than the random layer of their size; median"
     " ratio", "<=", 1, 0),
    ("trained_bound", "no trained network of fewer than √(m log₂ m) neurons has an error of at most"
     " 0.1; least ratio of neurons", ">=", 1, 0),
)  # fmt: skip
SHORT = (
    "sizes are far from where logs are small, and an error of 3/√d, of the third feature, is in all"
)


def claims(layers: Layers, trained: Trained) -> dict[str, Claim]:
    """The claims, of these sizes."""
    m, d = layers.features, layers.widths
    return claims_of(
        "computation/uand",
        ROWS,
        paper="Hänni et al. 2024 (arXiv 2408.05451); Adler & Shavit 2024 (arXiv 2409.15318)",
        section="universal AND",
        setting=f"m from {m.min()} to {m.max()} features in d from {d.min():g} to {d.max():g}"
        f" dimensions, d neurons, q = 3/√d; trained: m={trained.m}",
        origin=Origin("theory", "before", identity=True),
        but={
            "exponent": Origin("paper", "before", SHORT, identity=True),
            "off_by_noise": Origin("control", "before", identity=True),
            "from_inputs": Origin("control", "before", identity=True),
            "trained": Origin("ours", "before"),
        },
    )


def judge(measured: Conjunctions) -> list[Verdict]:
    """Verdicts; those on widths that are not among those tried are not run."""
    layers, trained = measured.layers, measured.trained
    of = claims(layers, trained)
    neurons, inputs = measured.untrained
    return [
        of["falls"].judge(*_largest_slope(layers)),
        of["exponent"].judge(layers.exponent("superposed"), _listed(layers, "superposed")),
        of["interference"].judge(layers.exponent("interference"), _listed(layers, "interference")),
        of["aligned"].judge(layers.exponent("aligned"), _listed(layers, "aligned")),
        of["bound"].judge(_least(layers.widths_needed("superposed") / bound(layers.features))),
        of["off_by_noise"].judge(neurons),
        of["from_inputs"].judge(inputs),
        of["trained"].judge(float(np.median(trained.errors / trained.random)), _errors(trained)),
        of["trained_bound"].judge(
            _least(trained.widths[trained.errors <= LEVEL] / bound(np.array(trained.m)))
        ),
    ]


def _largest_slope(layers: Layers) -> tuple[float | None, str]:
    """Of errors against widths in logs, and all of them."""
    if len(layers.widths) < 2:
        return None, ""
    rows = dict(zip((f"m={m}" for m in layers.features), layers.errors.superposed, strict=True))
    rows |= {f"k={k}": row for k, row in layers.more.items()}
    x = np.log(layers.widths)
    found = {name: float(np.polyfit(x, np.log(row), 1)[0]) for name, row in rows.items()}
    return max(found.values()), ", ".join(f"{name}: {each:.2f}" for name, each in found.items())


def _listed(layers: Layers, kind: str) -> str:
    pairs = zip(layers.features, layers.widths_needed(kind), strict=True)
    return ", ".join(f"m={m}: d={d:.0f}" for m, d in pairs)


def _errors(trained: Trained) -> str:
    rows = zip(trained.widths, trained.errors, trained.random, strict=True)
    return ", ".join(f"d={d:g}: {mine:.2g} ({other:.2g})" for d, mine, other in rows)


def _least(ratios: np.ndarray) -> float | None:
    there = ratios[np.isfinite(ratios)]
    return float(there.min()) if there.size else None
