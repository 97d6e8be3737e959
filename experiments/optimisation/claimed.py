"""What is claimed of the solvers of any family."""

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.optimisation.curves import Curve, Solvers, elasticity, flops_to_reach
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of
from superpos.types import EMPTY

UNTRAINED = "true of whatever was trained, too"
SEEN = "written after a trial of the direct solvers and of the search, on other problems"
LEARNING = "written after a trial that showed that the loss falls in training, on other problems"
CLIPPED = (
    "first without clipping, where one of three rules diverged on quadratics: its mean regret after"
    " 16 steps was 35, those of the others 0.001 and 0.07"
)
SELECTED = f"a search that keeps the better of what it tries gets better; {SEEN}"


def family_claims(
    experiment: str,
    setting: str,
    first: str,
    *,
    identities: Sequence[Row],
    least: float = 0.5,
    learned: bool = True,
    more: Sequence[Row] = (),
    but: Mapping[str, Origin] = EMPTY,
) -> dict[str, Claim]:
    """The claims of a family.

    Args:
        experiment: its name.
        setting: of all.
        first: name of the first direct solver.
        identities: claims of the family that hold of untrained networks, too.
        least: elasticity of the operations on a problem, from which on a solver counts as direct.
        learned: whether there is a learned update rule.
        more: others.
        but: origins of some of them that are others in this family.
    """
    identity = Origin("theory", "before", UNTRAINED, identity=True)
    control = Origin("control", "before", UNTRAINED, identity=True)
    seen = Origin("ours", "after", SEEN)
    rows = _learned(first, least) if learned else []
    clipped = {key: Origin("ours", "after", CLIPPED) for key, *_ in rows}
    if learned:
        clipped["learned_amortised"] = Origin("ours", "after", f"{LEARNING}; {CLIPPED}")
    return claims_of(
        experiment,
        [*_rows(first, least), *rows, *identities, *more],
        paper="our own, after Millidge 2022, Deconfusing Direct vs Amortised Optimization",
        section="-",
        setting=setting,
        origin=Origin("ours", "before"),
        but={
            "direct": Origin("ours", "after", SEEN, identity=True),
            **dict.fromkeys(("program", "program_direct", "program_shifted"), seen),
            "program_amortised": Origin("ours", "after", SELECTED, identity=True),
            "shuffled": control,
            "program_shuffled": control,
            "flops": identity,
            **clipped,
            **{key: identity for key, *_ in identities},
            **but,
        },
    )


def _rows(first: str, least: float) -> list[Row]:
    """Those of all families; `first` is the first direct solver."""
    return [
        ("direct", f"{first} is direct: its inference elasticity", ">=", least, 0),
        ("amortised", "a network is amortised: its regret falls with the operations of training;"
         " training elasticity, the smaller of two ways of training", ">=", 0.1, 0),
        ("start", f"a network's answer is a better start than none: mean regret of {first} from it"
         " over that from nothing, after as many steps; the largest ratio up to 4 steps", "<=", 1,
         0),
        ("envelope", f"the hybrid is never worse than {first} or the network alone for as many"
         " operations: the largest ratio of mean regrets", "<=", 1, 0.05),
        ("cheap", f"where little is spent the network is better than {first}: ratio of mean regrets"
         " at the operations of the smallest network that costs a step or more", "<=", 1, 0),
        ("shifted", "a network is worse where problems are not as trained on: mean regret in the"
         " second distribution over that in the first, the smaller of two ways of training", ">=",
         2, 0),
        ("program", "a program that was searched for beats the solver known for the family: mean"
         f" regret after as many steps as in the search, over that of {first}", "<=", 0.5, 0),
        ("program_direct", "a program that was searched for is direct where it meets a problem:"
         " inference elasticity", ">=", least, 0),
        ("program_amortised", "a program that was searched for was paid once, before any problem:"
         " its regret falls with the operations of the search; training elasticity", ">=", 0.1, 0),
        ("program_shifted", "a program that was searched for is no worse than"
         f" {first} in the second distribution, either: ratio of mean regrets after as many steps"
         " as in the search", "<=", 1, 0),
        ("shuffled", "control: a network that is trained on the answers of other problems is no"
         " better than an answer without knowledge; mean regret", ">=", 0.9, 0),
        ("program_shuffled", "control: a program that was judged by other problems is no better"
         " than an answer without knowledge; mean regret", ">=", 0.9, 0),
        ("flops", "operations are counted by hand as XLA counts them: largest relative deviation",
         "<=", 0, 0.25),
    ]  # fmt: skip


def _learned(first: str, least: float) -> list[Row]:
    """Those of a learned update rule."""
    return [
        ("learned", f"a learned update rule beats {first}: ratio of mean regrets after as many"
         " steps as it was trained through", "<=", 1, 0),
        ("learned_direct", "a learned update rule is direct where it meets a problem: inference"
         " elasticity", ">=", least, 0),
        ("learned_amortised", "a learned update rule was paid once, before any problem: its regret"
         " falls with the operations of training; training elasticity", ">=", 0.1, 0),
        ("learned_longer", "a learned update rule goes on improving beyond the steps it was trained"
         " through: mean regret after twice as many over that after as many", "<=", 1, 0),
        ("learned_shifted", f"a learned update rule is no worse than {first} in the second"
         " distribution, either: ratio of mean regrets after as many steps as it was trained"
         " through", "<=", 1, 0),
    ]  # fmt: skip


def judge_family(claims: dict[str, Claim], measured: Solvers) -> list[Verdict]:
    """Verdicts on them."""
    first = next(iter(measured.direct.values()))
    steps = measured.n_steps.bit_length()
    program = measured.program
    training = {name: of_training(curve) for name, curve in measured.trained.items()}
    shifted = {name: ratio(curve, 1)[-1] for name, curve in measured.networks.items()}
    found = {
        "direct": (elasticity(first.steps_flops, first.mean()), ""),
        "amortised": (min(training.values()), _listed(training)),
        "start": better_start(measured, first),
        "envelope": envelope(measured, first),
        "cheap": cheap(measured, first),
        "shifted": (min(shifted.values()), _listed(shifted)),
        "program": (program.mean()[steps] / first.mean()[steps], equal_operations(measured, first)),
        "program_direct": (elasticity(program.steps_flops, program.mean()), ""),
        "program_amortised": (of_training(measured.searched), ""),
        "program_shifted": (program.mean(1)[steps] / first.mean(1)[steps], ""),
        "shuffled": (measured.shuffled, ""),
        "program_shuffled": (measured.programs_shuffled, ""),
        "flops": counts(measured),
        **of_learned(measured, first),
    }
    return [claims[key].judge(*each) for key, each in found.items()]


def of_learned(measured: Solvers, first: Curve) -> dict[str, tuple[float, str]]:
    """The same of a learned update rule, where there is one."""
    rule, learning, at = measured.learned, measured.learning, measured.n_steps.bit_length()
    if rule is None or learning is None:
        return {}
    longer = (
        f"after {measured.n_steps} steps {rule.mean()[at]:.3g}, twice {rule.mean()[at + 1]:.3g}"
    )
    return {
        "learned": (rule.mean()[at] / first.mean()[at], ""),
        "learned_direct": (elasticity(rule.steps_flops, rule.mean()), ""),
        "learned_amortised": (of_training(learning), ""),
        "learned_longer": (rule.mean()[at + 1] / rule.mean()[at], longer),
        "learned_shifted": (rule.mean(1)[at] / first.mean(1)[at], ""),
    }


def equal_operations(measured: Solvers, first: Curve) -> str:
    """The same for as many operations as the programs took for these steps, in words."""
    at = measured.n_steps.bit_length()
    known = at_flops(first, measured.program.flops[at : at + 1])[0]
    return f"for as many operations: {measured.program.mean()[at] / known:.3g}"


def ratio(curve: Curve, shift: int) -> np.ndarray:
    """Mean regret in another distribution over that in the first, (n_points,)."""
    return curve.mean(shift) / curve.mean()


def of_training(curve: Curve) -> float:
    """Training elasticity; 0 of a single point."""
    found = elasticity(curve.flops, curve.mean())
    return 0.0 if np.isnan(found) else found


def better_start(measured: Solvers, first: Curve) -> tuple[float, str]:
    """Largest ratio of regrets up to 4 steps, from a network's answer and from nothing."""
    ratios = {
        name: (curve.mean()[:4] / first.mean()[:4]).max() for name, curve in measured.hybrid.items()
    }
    return max(ratios.values()), _listed(ratios)


def envelope(measured: Solvers, first: Curve) -> tuple[float, str]:
    """Largest ratio of the hybrid to the better of both."""
    ratios = {}
    for name, curve in measured.hybrid.items():
        alone = curve.mean()[0]
        others = np.minimum(at_flops(first, curve.flops), alone)
        ratios[name] = float((curve.mean() / others).max())
    return max(ratios.values()), _listed(ratios)


def cheap(measured: Solvers, first: Curve) -> tuple[float, str]:
    """Ratio at the smallest network that costs as much as a step; the better way of training."""
    ratios = {}
    for name, curve in measured.networks.items():
        at = int(np.argmax(curve.flops >= first.flops[1]))
        ratios[name] = float(curve.mean()[at] / at_flops(first, curve.flops[at : at + 1])[0])
    return min(ratios.values()), _listed(ratios)


def at_flops(curve: Curve, flops: np.ndarray) -> np.ndarray:
    """Mean regret of a curve at other operations, between its points on a log-log line.

    What is spent below the first step buys nothing.
    """
    values = np.log(curve.mean())
    inside = np.exp(np.interp(np.log(flops), np.log(curve.flops[1:]), values[1:]))
    return np.where(flops < curve.flops[1], curve.mean()[0], inside)


def break_even(solver: Curve, trained: Curve, other: Curve, at: int) -> float:
    """Problems after which training has paid, at the regret of a point; inf where it never does."""
    saved = flops_to_reach(other, solver.mean()[at]) - solver.flops[at]
    return float(trained.flops[-1] / saved) if saved > 0 else np.inf


def counts(measured: Solvers) -> tuple[float, str]:
    """Largest relative deviation of operations counted by hand from those of XLA."""
    off = [abs(by_hand / by_xla - 1) for by_hand, by_xla in measured.flops.values()]
    listed = [f"{what} {a:.0f}, XLA {b:.0f}" for what, (a, b) in measured.flops.items()]
    return max(off), "; ".join(listed)


def _listed(numbers: dict[str, float]) -> str:
    return ", ".join(f"{name}: {value:.3g}" for name, value in numbers.items())
