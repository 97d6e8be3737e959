"""The phase diagram: trained models against the exact optimum.

Source: Elhage et al. 2022, Toy Models of Superposition, "Superposition as a Phase Change". The
exact optimum is computed by quadrature in float64, independently of the training code.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.elhage import theory
from experiments.elhage.phase_figure import draw
from superpos import data, models
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.train import best_of, store
from superpos.types import Array, Batch, Key

PAPER = "Elhage et al. 2022, Toy Models of Superposition"
SECTION = "Superposition as a Phase Change"
JUMP_AT, JUMP_R = 0.181, 0.1
"""Where the exact optimum's |w2| jumps along p at relative importance 0.1 (TARGETS 2.1 C)."""
REGIONS = {
    2: ({"ignore"}, {"dedicate"}, {"antipodal"}),
    3: ({"ignore last"}, {"ignore first", "antipodal others"}, {"antipodal extra"}),
}
"""The extra feature is not represented; has a dimension for itself; is in superposition."""
MONTE_CARLO_POINTS = ((0.3, 0.3), (0.6, 1.0), (0.9, 3.0))
MONTE_CARLO_BATCHES, MONTE_CARLO_BATCH = 2**8, 2**14


class Diagram(NamedTuple):
    """The best trained model and the exact optimum at each density (rows) and importance.

    Attributes:
        densities: p, (n_p,).
        importances: relative importance r of the last feature, (n_r,).
        excess: best trained loss over the exact optimum, minus 1, (n_p, n_r).
        excess_of_10: the same for the first ten restarts only, (n_p, n_r).
        trained: phase of the best trained model, an index into theory.PHASES, (n_p, n_r).
        exact: phase of the exact optimum, (n_p, n_r).
        last_norm: norm of the last feature in the best trained model, (n_p, n_r).
        W: weights of the best trained model, (n_p, n_r, n_features, n_hidden).
        b: its biases, (n_p, n_r, n_features).
        loss: its exact loss, (n_p, n_r).
        fragile: where the best trained model is fragile, bool (n_p, n_r); None when not checked.
    """

    densities: np.ndarray
    importances: np.ndarray
    excess: np.ndarray
    excess_of_10: np.ndarray
    trained: np.ndarray
    exact: np.ndarray
    last_norm: np.ndarray
    W: np.ndarray
    b: np.ndarray
    loss: np.ndarray
    fragile: np.ndarray | None = None


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the phase diagram and draw it.

    Args:
        datasets: {"sweep": a sweep over density, relative importance and seed}, with n = 2, m = 1
            or n = 3, m = 2.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure: trained | exact optimum | disagreement.
    """
    dataset = datasets["sweep"]
    n_features = dataset.sizes["feature"]
    diagram = measure(dataset)
    cells = draw(folder / "phase_diagram.png", diagram, n_features)
    phases = theory.PHASES[n_features]
    alt = (
        "Three phase diagrams over density and relative importance: the best trained model, the"
        f" exact optimum, and where they differ. Phases: {', '.join(phases)}."
    )
    caption = (
        f"Best of {dataset.sizes['seed']} trained models (left), exact optimum by quadrature"
        " (middle), and how far the trained loss lies above the optimum (right; a cross marks"
        " another phase, a ring a fragile model). The dashed line is where the closed-form losses"
        " of the fixed configurations cross; trained norms and biases move the true boundary."
    )
    return Findings(
        judge(diagram, n_features, dataset.sizes["seed"]),
        [Figure("phase_diagram.png", alt, caption, cells)],
    )


def measure(dataset: xarray.Dataset) -> Diagram:
    """Reduce a sweep to its best models and compare them with the exact optimum."""
    n_features = dataset.sizes["feature"]
    [importance_dim] = set(dataset["status"].dims) - {"density", "seed"}
    dataset = dataset.transpose("density", importance_dim, "seed", ...)
    p = dataset["density"].to_numpy().astype(float)
    r = dataset[importance_dim].to_numpy().astype(float)
    importances = np.ones((len(r), n_features))
    importances[:, -1] = r
    finished = dataset.where(store.finished(dataset), 0.0)  # the others are never the best
    losses = theory.exact_loss(
        finished["W"].to_numpy(),
        finished["b"].to_numpy(),
        density=p[:, None, None],
        importance=importances[None, :, None],
    )
    losses = dataset["status"].copy(data=losses)
    best = best_of(dataset, losses)
    best_of_10 = losses.where(store.finished(dataset)).isel(seed=slice(10)).min("seed")
    exact_loss, W, _ = theory.exact_optima(p, importances, n_hidden=dataset.sizes["hidden"])
    W_best, loss = best["W"].to_numpy(), best["best_loss"].to_numpy()
    return Diagram(
        densities=p,
        importances=r,
        excess=loss / exact_loss - 1,
        excess_of_10=best_of_10.to_numpy() / exact_loss - 1,
        trained=theory.classify(W_best),
        exact=theory.classify(W),
        last_norm=np.linalg.norm(W_best[..., -1, :], axis=-1),
        W=W_best,
        b=best["b"].to_numpy(),
        loss=loss,
        fragile=best["fragile"].to_numpy() if "fragile" in best else None,
    )


def judge(diagram: Diagram, n_features: int, n_restarts: int) -> list[Verdict]:
    """Verdicts on the claims; those that need more of the grid than there is are not run."""
    claims = _claims(n_features, n_restarts)
    inner = interior(diagram.exact)
    agree = diagram.trained[inner] == diagram.exact[inner]
    of_10 = diagram.excess_of_10.max() if n_restarts >= 10 else None
    verdicts = [
        claims["loss"].judge(np.abs(diagram.excess).max()),
        claims["loss_of_10"].judge(of_10, _note_on_ten(diagram.excess_of_10)),
        claims["phase"].judge(agree.mean() if agree.size else None, f"{agree.size} points"),
        claims["regions"].judge(n_regions(diagram.trained, n_features)),
    ]
    if n_features == 2:
        fall, place = jump_along_density(diagram) or (None, None)
        verdicts += [claims["jump"].judge(fall), claims["jump_at"].judge(place)]
    of_theory = claims["closed_form"].judge(closed_form_deviation(n_features))
    return [*settle(verdicts, diagram.fragile), of_theory]


def _claims(n_features: int, n_restarts: int) -> dict[str, Claim]:
    """The claims; their tolerances are the same at every size."""
    rows: tuple[Row, ...] = (
        ("loss", "the largest excess of the best loss over the exact optimum is 0", "<=", 0, 0.01),
        ("loss_of_10", "the same for the first ten restarts alone", "<=", 0, 0.01),
        ("phase", "more than one cell from a boundary, the phase agrees with the exact optimum's;"
         " share of such points", ">=", 0.95, 0),
        ("closed_form", "the largest relative deviation of Monte Carlo from the closed-form losses"
         " is 0", "<=", 0, 0.002),
        ("regions", "the extra feature is ignored, has its own dimension, and is in superposition,"
         " each somewhere on the grid", "=", 3, 0),
        ("jump", "|w2| falls at once along p at r = 0.1", ">=", 0.5, 0),
        ("jump_at", "it falls at p = 0.181, to a grid cell", "=", JUMP_AT, 0.045),
    )  # fmt: skip
    setting = f"n={n_features}, m={n_features - 1}, best of {n_restarts} restarts, p by r grid"
    prefix = "elhage/phase_change" if n_features == 2 else "elhage/phase_change_3"
    return claims_of(
        prefix,
        rows,
        paper=PAPER,
        section=SECTION,
        setting=setting,
    )


def _note_on_ten(excess: np.ndarray) -> str:
    """How many points fail, and why more restarts are needed."""
    n_failed = int((~(excess <= 0.01)).sum())
    if not n_failed:
        return ""
    return (
        f"{n_failed} of {excess.size} points: all points share their starts, and where too few of"
        " ten start with weights of opposite sign, none finds the antipodal optimum; tried: the"
        " other ten restarts, and twenty"
    )


def interior(phases: np.ndarray) -> np.ndarray:
    """Points whose neighbours, diagonal ones too, all have the same phase, bool (n_p, n_r)."""
    padded = np.pad(phases, 1, mode="edge")
    n_p, n_r = phases.shape
    shifted = [padded[i : i + n_p, j : j + n_r] for i in range(3) for j in range(3)]
    return np.all([other == phases for other in shifted], axis=0)


def n_regions(phases: np.ndarray, n_features: int) -> int:
    """How many of the paper's three regions occur: see REGIONS."""
    names = theory.PHASES[n_features]
    found = {names[phase] for phase in np.unique(phases)}
    return sum(bool(region & found) for region in REGIONS[n_features])


def jump_along_density(diagram: Diagram) -> tuple[float, float] | None:
    """Largest fall of |w2| between neighbouring densities at r = 0.1, and where it is.

    Returns:
        (fall, geometric mean of the two densities); None when r = 0.1 is not on the grid.
    """
    column = np.flatnonzero(np.isclose(diagram.importances, JUMP_R, rtol=1e-3))
    if not column.size or len(diagram.densities) < 3:
        return None
    order = np.argsort(diagram.densities)
    p, norms = diagram.densities[order], diagram.last_norm[order, column[0]]
    falls = norms[:-1] - norms[1:]
    at = int(falls.argmax())
    return float(falls[at]), float(np.sqrt(p[at] * p[at + 1]))


def closed_form_deviation(n_features: int) -> float:
    """Largest |Monte Carlo / closed form - 1| over configurations and three points (p, r).

    The Monte Carlo uses superpos's own model, and its own source for the magnitudes. The sets of
    features that are on are summed over exactly, by their probabilities, so that 2^22 samples have
    a standard error below 0.06 %.
    """
    rows = [
        (p, r, W, b, theory.configuration_losses(p, r, n_features)[name])
        for p, r in MONTE_CARLO_POINTS
        for name, (W, b) in theory.configuration_parameters(p, n_features).items()
    ]
    *parameters, closed = (np.stack(column) for column in zip(*rows, strict=True))
    p, r, W, b = (jnp.asarray(column, jnp.float32) for column in parameters)
    return float(np.abs(_monte_carlo(p, r, W, b) / closed - 1).max())


def _monte_carlo(p: Array, r: Array, W: Array, b: Array) -> np.ndarray:
    """The loss of each row, (k,): p and r (k,), W (k, n, m), b (k, n)."""
    _, n_features, n_hidden = W.shape
    source = data.sparse_uniform(n_features=n_features, density=1.0)
    sets = jnp.array([*itertools.product([0.0, 1.0], repeat=n_features)])

    def loss(p: Array, r: Array, W: Array, b: Array, x: Array, key: Key) -> Array:
        importance = [*[1.0] * (n_features - 1), r]
        error = models.errors.squared(importance=importance)
        model = models.autoencoder(n_features=n_features, n_hidden=n_hidden, error=error)
        params = models.AutoencoderParams(W=W, b=b)

        def of_set(on: Array) -> Array:
            x_on = x * on[None]
            batch = Batch(inputs=x_on, targets=x_on, factors=x_on)
            return jnp.prod(on * p + (1 - on) * (1 - p)) * model.loss(params, (), batch, key)[0]

        return jax.vmap(of_set)(sets).sum()

    def of_batch(key: Key) -> Array:
        key_batch, key_loss = jax.random.split(key)
        x = data.draw(source, key_batch, MONTE_CARLO_BATCH).inputs
        return jax.vmap(loss, (0, 0, 0, 0, None, None))(p, r, W, b, x, key_loss)

    keys = jax.random.split(jax.random.key(0), MONTE_CARLO_BATCHES)
    means = jax.jit(lambda keys: jax.lax.map(of_batch, keys))(keys)
    return np.asarray(means, float).mean(0)
