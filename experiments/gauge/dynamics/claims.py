"""The claims on dynamics of labels, and how they are judged."""

from collections.abc import Iterator, Mapping

import numpy as np

from experiments.gauge.dynamics.charges import Drifts, slope
from experiments.gauge.dynamics.equivariance import KEEPS, NAMES, TIED, UNTIED, Gaps
from experiments.gauge.dynamics.label_space import WAYS, Labels
from experiments.gauge.dynamics.measure import Dynamics
from experiments.gauge.rounding import rounding
from superpos.app.claims.ledger import Origin, Row, Verdict, claims_of

PAPER = "superpos, gauge freedom"
SECTION = "dynamics of labels, after Jermyn's comment on Soares 2022"
AT, AFTER, LONG = 200, 10, 1_000
"""Updates of the table; after which the rule alone is judged and float32 is what it grows from; and
of G whose rank is truncated."""
TERMS = 128 * 20
"""Terms of one entry of a gradient: examples of a batch by features."""
AGREE, DISAGREE = rounding(TERMS, AT), 1e-3
"""Relative differences of labels that are rounding, and that are not."""
EPS = "rounding at most, eps for each of 128 · 20 terms in each update"
AFTER_PILOT = "written after a first run, in which the rule alone left W"
BOUND_AFTER = "the bound was chosen after a first run"
WRITTEN_AFTER = "written after a first run"
LATER = {
    **dict.fromkeys(("adamw", "shampoo", "balanced_sgd"), WRITTEN_AFTER),
    "muon": "the rate was 0.01 in a first run, at which it is chaos",
}
"""Optimisers for which what they keep to, or the rate, was written down after a first run."""
UNTIED_AFTER = "what it keeps to was looked at before it was written"
RULE_AFTER = (
    "judged after 200 updates at first, where rounding with momentum had grown tenfold every 31"
    " updates: 1.7e-10, against 1e-10"
)
RATES_AFTER = "over rates up to 0.04, in a first run, the powers were 1.74 and 1.88"


def _table_rows() -> Iterator[Row]:
    what = "relative difference of labels after 200 updates"
    for name, label in NAMES.items():
        kept = KEEPS[name]
        tied, untied = (", ".join(g for g in groups if g in kept) for groups in (TIED, UNTIED))
        others = ", ".join(g for g in (*TIED, *UNTIED) if g not in kept)
        yield (f"{name}_keeps_tied", f"{label} keeps equivalent tied models equivalent, {tied}:"
               f" largest {what}, {EPS}", "<=", 0, AGREE)  # fmt: skip
        yield (f"{name}_keeps_untied", f"{label} keeps equivalent untied models equivalent,"
               f" {untied}: largest {what}, {EPS}", "<=", 0, AGREE)  # fmt: skip
        yield (f"{name}_breaks", f"{label} takes equivalent models apart, {others}: least {what}",
               ">=", DISAGREE, 0)  # fmt: skip


def _table_origins() -> Iterator[tuple[str, Origin]]:
    for name in NAMES:
        later = LATER.get(name)
        yield f"{name}_keeps_untied", Origin("theory", "after", later or UNTIED_AFTER)
        if later:
            yield f"{name}_keeps_tied", Origin("theory", "after", later)
        yield f"{name}_breaks", Origin("ours", "after" if later else "before", later or "")


CLAIMS = claims_of(
    "gauge/dynamics",
    _table_rows(),
    paper=PAPER,
    section=SECTION,
    setting="from the start of tied (n=20, m=5), ReLU (10 units) and linear (m=5) autoencoders,"
    " p=0.1, batch 128, 4 elements of each group, float64; rates 0.1 of SGD, 0.02 with momentum"
    " 0.9, 0.001 of Muon (at 0.01 it is chaos), 0.1 of balanced SGD, 0.01 of the others",
    origin=Origin("theory", "before"),
    but=dict(_table_origins()),
) | claims_of(
    "gauge/dynamics",
    (
        *((f"rule_{way}", f"{NAMES[way]} in W and by the rule of G = W Wᵀ alone: largest difference"
           f" of an entry of G, which is about 1, in {AFTER} updates, {EPS}", "<=", 0,
           rounding(TERMS, AFTER)) for way in WAYS),
        *((f"label_{way}", f"{NAMES[way]} in W and in G whose rank is truncated every 25 updates:"
           f" largest difference of an entry of G in 1,000 updates, {EPS}", "<=", 0,
           rounding(TERMS, LONG))
          for way in WAYS),
        ("label_loss", "loss on fresh data in W and in truncated G, over all ways and updates:"
         f" largest difference, {EPS}", "<=", 0, rounding(TERMS, LONG)),
        ("label_trained", "G with momentum ends at the loss of the run in W that is stored: ratio",
         "=", 1, 0.05),
        ("label_rank", "the rank of truncated G stays that of W: largest at the end", "<=", 5, 0),
        ("label_recovers", "weights made from G are W after a rotation: largest relative"
         " difference", "<=", 0, 1e-6),
        ("naive_rank", "a gradient step of the entries of G leaves the rank: rank after 200", ">=",
         6, 0),
        ("naive_psd", "a gradient step of the entries of G leaves the cone of positive semidefinite"
         " matrices: least eigenvalue on the way, as a share of the largest", "<=", -1e-8, 0),
        ("float32", "rounding in float32 grows with updates of W, as chaos does: largest difference"
         " of G from float64 with momentum, over that after 10 updates", ">=", 10, 0),
        ("charge_linear", "W_inᵀW_in - W_outᵀW_out of linear units drifts as the square of the rate"
         " in 50 updates: power", "=", 2, 0.1),
        ("charge_relu", "its diagonal for ReLU units does, too: power", "=", 2, 0.1),
    ),
    paper=PAPER,
    section=SECTION,
    setting="tied ReLU autoencoder, n=20, m=5, p=0.1, batch 128, learning rate 0.05, momentum 0.9,"
    " decay 0.01, float64",
    origin=Origin("theory", "before", identity=True),
    but={
        **dict.fromkeys(
            (f"rule_{way}" for way in WAYS), Origin("theory", "after", RULE_AFTER, identity=True)
        ),
        **dict.fromkeys(
            (*(f"label_{way}" for way in WAYS), "label_loss", "label_rank"),
            Origin("theory", "after", AFTER_PILOT, identity=True),
        ),
        "label_trained": Origin("theory", "after", BOUND_AFTER, identity=True),
        "naive_psd": Origin("ours", "after", BOUND_AFTER, identity=True),
        "float32": Origin("ours", "after", BOUND_AFTER, identity=True),
        **dict.fromkeys(
            ("charge_linear", "charge_relu"), Origin("theory", "after", RATES_AFTER, identity=True)
        ),
    },
)  # fmt: skip


def judge(measured: Dynamics) -> list[Verdict]:
    """Verdicts on all claims."""
    return [
        *judge_table(measured.table),
        *judge_labels(measured.labels),
        *judge_charges(measured.linear, measured.relu),
    ]


def judge_table(table: Mapping[str, Gaps]) -> list[Verdict]:
    """Verdicts on optimiser -> group -> differences after each update."""
    verdicts = []
    for name, cells in table.items():
        ends = {group: float(apart[-1]) for group, apart in cells.items()}
        for key, groups in (("keeps_tied", TIED), ("keeps_untied", UNTIED)):
            kept = {
                group: ends[group] for group in groups if group in ends and group in KEEPS[name]
            }
            verdicts.append(CLAIMS[f"{name}_{key}"].judge(max(kept.values()), _listed(kept, cells)))
        broken = {group: value for group, value in ends.items() if group not in KEEPS[name]}
        verdicts.append(CLAIMS[f"{name}_breaks"].judge(min(broken.values()), _listed(broken)))
    return verdicts


def _listed(ends: Mapping[str, float], cells: Gaps | None = None) -> str:
    """Each cell, and where one that should agree does not, for how long it does."""
    parts = []
    for group, value in ends.items():
        part = f"{group} {value:.0e}"
        if cells is not None and value > AGREE:
            last = int(np.argmax(cells[group] > AGREE))
            part += f" (rounding, {cells[group][0]:.0e} at first, first above {AGREE:.0e} after"
            part += f" {last + 1} updates)"
        parts.append(part)
    return ", ".join(parts)


def judge_labels(labels: Labels) -> list[Verdict]:
    """Verdicts on what was followed in W and in G, in some of WAYS, momentum among them."""
    found = labels.followed
    ways = [way for way in WAYS if way in found.gap]
    single = found.single["momentum"]
    return [
        *(
            CLAIMS[f"rule_{way}"].judge(_worst(found.raw[way][:AFTER]), growth(found.raw[way]))
            for way in ways
        ),
        *(CLAIMS[f"label_{way}"].judge(_worst(found.gap[way])) for way in ways),
        CLAIMS["label_loss"].judge(max(map(_worst, found.loss_gap.values()))),
        CLAIMS["label_trained"].judge(labels.loss_ratio),
        CLAIMS["label_rank"].judge(labels.rank),
        CLAIMS["label_recovers"].judge(labels.recovered),
        CLAIMS["naive_rank"].judge(labels.naive_rank),
        CLAIMS["naive_psd"].judge(labels.naive_least),
        CLAIMS["float32"].judge(
            single.max() / single[:AFTER][-1],
            f"largest {single.max():.1e}",
        ),
    ]


def judge_charges(linear: Drifts, relu: Drifts) -> list[Verdict]:
    """Verdicts on drifts of the charges by learning rate."""
    note = f"learning rates {linear.rates.min():g} to {linear.rates.max():g}"
    return [
        CLAIMS["charge_linear"].judge(slope(linear), note),
        CLAIMS["charge_relu"].judge(slope(relu), note),
    ]


def growth(gaps: np.ndarray) -> str:
    """How many updates rounding takes to grow tenfold, where a gap grows from 1e-14 to 1e-4."""
    steps = np.flatnonzero((gaps > 1e-14) & (gaps < 1e-4))
    if len(steps) < 2 or not gaps[np.isfinite(gaps)].max() > 1e-4:
        return ""
    return f"grows tenfold every {1 / np.polyfit(steps, np.log10(gaps[steps]), 1)[0]:.0f} updates"


def _worst(gaps: np.ndarray) -> float:
    """The largest, infinite where a run left the numbers."""
    return float(np.where(np.isfinite(gaps), gaps, np.inf).max())
