"""What is claimed of names and labels where they must fail."""

import numpy as np

from experiments.values import world
from experiments.values.controls.measure import Controls
from superpos.app.claims.ledger import Origin, Verdict, claims_of

REWORDED = "first worded so that it held of networks that learned nothing, too"
OTHER = "expected before any run, and so in a first one, of other seeds of the pointer"
CONTROL = Origin("control", "after", REWORDED)
CLAIMS = claims_of(
    "values/controls",
    (
        ("named", "names of a network that read the truth work: regret of the pointer", "<=", 0.1,
         0),
        ("permuted", "control: names that are permuted in what the network read are worth nothing:"
         " regret of the pointer more than with the true text", "=", 1, 0.15),
        ("elsewhere", "control: names of what nobody values are worth nothing: regret of the"
         " pointer more than at values", "=", 1, 0.15),
        ("absent", "control: names of what the network never read of are worth nothing: regret of"
         " the pointer more than with the true text", "=", 1, 0.15),
        ("by_chance", "control: labels by chance are worth nothing: regret of dense and sparse"
         " rewards more than from true labels, mean", "=", 1, 0.15),
        ("features", "labels do not need names: regret of a sparse reward where they are permuted",
         "<=", 0.05, 0),
        ("outside", "what the network never read of, no labels on its concepts teach: regret of a"
         " sparse reward of half a value less the exact one of a pointer", "=", 0, 0.05),
        ("scratch", "the same labels teach a reward from scratch what the network never read of:"
         " regret of a sparse reward of concepts less that from scratch", ">=", 0.1,
         0),
        ("narrow", "names work where 32 concepts share 16 hidden units: regret of the pointer",
         "<=", 0.2, 0),
        ("code", "with 16 hidden units a linear reward of the units is worse than one of the"
         " concepts, both dense: difference of regrets", ">=", 0.02, 0),
    ),
    paper="our own",
    section="controls",
    setting="32 concepts, two valued ones, 4,096 labels, KL budget 2 nats",
    origin=Origin("ours", "before"),
    but={
        **dict.fromkeys(("permuted", "elsewhere", "absent", "by_chance"), CONTROL),
        **dict.fromkeys(("features", "outside"), Origin("ours", "after", REWORDED)),
        **dict.fromkeys(("named", "narrow"), Origin("ours", "after", OTHER)),
    },
)  # fmt: skip


def judge(measured: Controls) -> list[Verdict]:
    """Verdicts; those on texts or widths that are not there are not run."""
    pointer, learned, unknown = measured.pointer, measured.learned, measured.unknown
    narrow = measured.narrow
    texts = "; ".join(f"{world.TEXTS[int(each)]}: {pointer[each]:.3f}" for each in pointer)
    true = pointer.get(world.TRUE)
    chance = [
        each - measured.wide[f"{name}, concepts"] for name, each in measured.by_chance.items()
    ]
    return [
        CLAIMS["named"].judge(true, texts),
        CLAIMS["permuted"].judge(_less(pointer.get(world.PERMUTED), true)),
        CLAIMS["elsewhere"].judge(_less(measured.elsewhere.get(world.TRUE), true)),
        CLAIMS["absent"].judge(_less(pointer.get(world.NAMED_ABSENT), true)),
        CLAIMS["by_chance"].judge(_known(float(np.mean(chance)))),
        CLAIMS["features"].judge(learned.get(world.PERMUTED)),
        CLAIMS["outside"].judge(_known(unknown["sparse"] - measured.exact), _listed(measured)),
        CLAIMS["scratch"].judge(_known(unknown["sparse"] - unknown["scratch"])),
        CLAIMS["narrow"].judge(
            _known(narrow["pointer"]), f"with 64: {measured.wide['pointer']:.3f}"
        ),
        CLAIMS["code"].judge(
            _known(narrow["dense, hidden units"] - narrow["dense, concepts"]), _widths(measured)
        ),
    ]


def _known(value: float) -> float | None:
    """None where there were no runs."""
    return float(value) if np.isfinite(value) else None


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _listed(measured: Controls) -> str:
    found = "; ".join(f"{name}: {each:.3f}" for name, each in measured.unknown.items())
    return f"exact: {measured.exact:.3f}; {found}"


def _widths(measured: Controls) -> str:
    rows = (("16 units", measured.narrow), ("64 units", measured.wide))
    return "; ".join(f"{name}, {kind}: {row[kind]:.3f}" for name, row in rows for kind in row)
