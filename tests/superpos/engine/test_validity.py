"""A value that no member can have is refused; what does not go together is of status `invalid`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, models, optim, store
from superpos.arguments import ArgumentError
from superpos.data import magnitudes
from superpos.engine import validity
from superpos.engine.validity import valid_points
from superpos.required import require
from superpos.store.best import LeftOutWarning
from superpos.store.grid import make_grid
from superpos.train import FitSpec, best_of, sweep, training

KEY = jax.random.key(0)
FIRST = {"density": 0.5, "decay": 0.9, "rate": 0.1, "low": 0.0, "high": 1.0, "share": 1.0}


def parts(point):
    """A run of which every kind of number can be swept."""
    point = {**FIRST, **point}
    n = 3
    return training(
        model=models.autoencoder(
            n_features=n,
            n_hidden=2,
            importance_decay=point["decay"],
            error=models.errors.power(loss_exponent=2.0, importance=[point["share"], 0.0, 0.0]),
        ),
        source=data.sparse_uniform(
            n_features=n,
            density=1 - point["sparsity"] if "sparsity" in point else point["density"],
            magnitude=magnitudes.uniform(low=point["low"], high=point["high"]),
        ),
        tx=optim.sgd(learning_rate=point["rate"]),
        spec=FitSpec(n_steps=2, batch_size=4, log_every=2),
    )


def valid(**axes):
    return valid_points(parts, make_grid(axes).points)


@pytest.mark.parametrize(
    ("axes", "line"),
    [
        ({"density": [0.5, -0.1]}, "density=-0.1: expected a number in (0, 1]"),
        ({"density": [0, 0.5]}, "density=0.0: expected a number in (0, 1]"),
        ({"density": [0.5, 7.0], "seed": [0, 1]}, "density=7.0: expected a number in (0, 1]"),
        ({"rate": [0.1, -1]}, "rate=-1.0: learning_rate=-1.0: expected a number in (0, inf)"),
        ({"sparsity": [0.5, 1.5]}, "sparsity=1.5: density=-0.5: expected a number in (0, 1]"),
        ({"low": [0.0], "high": [0.0]}, "low=0.0: expected another number than 0, as high is 0"),
        ({"share": [0.0, 1.0]}, "share=0.0: error.importance: all zero"),
        ({"decay": [0.9, 1e30]}, "decay=1e+30: importance_decay=1e+30: expected importance_decay"),
        ({"high": [1.0, 0.0], "rate": [0.1]}, "high=0.0: low=0.0: expected another number"),
    ],
)
def test_a_value_that_no_member_can_have_is_refused(axes, line):
    with pytest.raises(ArgumentError) as refusal:
        valid(**axes)
    assert str(refusal.value).startswith(line)


def test_values_in_range_are_all_valid():
    axes = {"density": [1e-6, 1.0], "decay": [0.5, 2.0], "rate": [1e-3, 10.0], "low": [-1.0, 0.0]}
    assert valid(**axes).tolist() == [True] * 16
    assert valid() is True
    assert valid(seed=[0, 1]) is True


@pytest.mark.parametrize("low", [[0.0, 0.5], [0.5, 0.0]])
def test_a_combination_is_invalid_wherever_it_stands(low):
    found = valid(low=low, high=[0.0, 1.0])
    expected = [(a, b) != (0.0, 0.0) for a in low for b in (0.0, 1.0)]
    assert found.tolist() == expected


def test_what_a_build_refuses_itself_is_told_by_axis_and_value(make_toy):
    def build(point):
        if not isinstance(point["target"], jax.core.Tracer) and point["target"] > 2:
            raise ArgumentError("goal: too high")
        return make_toy()(point)

    with pytest.raises(ArgumentError, match=r"^target=3\.0: goal: too high$"):
        valid_points(build, make_grid({"target": [0.1, 3.0]}).points)


def test_a_long_axis_is_checked_whole_in_a_bounded_number_of_calls(make_toy, monkeypatch):
    monkeypatch.setattr(validity, "MOST_CALLS", 5)
    build = make_toy()
    targets = np.linspace(0.1, 0.9, 200)

    def checked(point):
        require(lambda target: target > 0.05, [point["target"]], lambda: "goal: too low")
        return build(point)

    assert valid_points(checked, make_grid({"target": targets}).points).all()
    assert build.calls == 1 + 5
    with pytest.raises(ArgumentError, match=r"^target=0\.01: goal: too low$"):
        valid_points(checked, make_grid({"target": [*targets, 0.01]}).points)


def _pairs(make_toy):
    """Members whose target and rate are both above 1 are invalid."""

    def build(point):
        require(
            lambda target, rate: (target <= 1) | (rate <= 0.5),
            [point["target"], point["learning_rate"]],
            lambda: "too much",
        )
        return make_toy()(point)

    return build


def test_an_invalid_member_is_kept_as_such_and_never_the_best(make_toy, tmp_path, bits):
    axes = {"target": [0.5, 2.0], "learning_rate": [0.1, 0.6], "seed": [0, 1]}
    arguments = {"key": KEY, "axes": axes, "chunk": 4}
    spec = {"store": tmp_path, "spec": {"a": 1}}
    dataset = sweep(_pairs(make_toy), **arguments, **spec)
    expected = [[["ok"] * 2] * 2, [["ok"] * 2, ["invalid"] * 2]]
    assert dataset.status.values.tolist() == expected
    assert np.isnan(dataset.W.isel(target=1, learning_rate=1)).all()
    assert bits(store.open(tmp_path)) == bits(dataset)
    reports = []
    again = sweep(_pairs(make_toy), **arguments, **spec, on_progress=reports.append)
    assert (bits(again), reports) == (bits(dataset), [])
    plain = sweep(make_toy(), **arguments)
    for name in ("W", "train_loss"):  # the others are the same to the bit
        others = np.where(np.isnan(dataset[name]), dataset[name], plain[name])
        np.testing.assert_array_equal(others, dataset[name])
    # The lowest number of all is that of an invalid member.
    with pytest.warns(LeftOutWarning, match="2 of 8 members left out"):
        best = best_of(dataset, -dataset.learning_rate + 0 * dataset.diverged_step, "learning_rate")
    assert (best.status == "ok").all()
    np.testing.assert_allclose(best.learning_rate.isel(seed=0), [0.6, 0.1], rtol=1e-6)


def test_a_refused_sweep_makes_no_folder(tmp_path):
    folder = tmp_path / "sweep"
    with pytest.raises(ArgumentError):
        sweep(parts, key=KEY, axes={"density": [7.0]}, store=folder, spec={"a": 1})
    assert not folder.exists()


@pytest.mark.parametrize("build", [3, None, lambda point: None, lambda point: (point, 1)])
def test_what_builds_no_training_is_refused_in_one_line(build, one_line):
    with pytest.raises(ArgumentError) as refusal:
        sweep(build, key=KEY, axes={"target": [0.1]})
    assert one_line(refusal, "build", "expected a")


@pytest.mark.parametrize(
    "use",
    [
        lambda n, make: make(jnp.zeros(n)),
        lambda n, make: make(np.arange(int(n))),
        lambda n, make: make(n if n > 1 else 0),
        lambda n, make: make([*range(n)]),
        lambda n, make: make(np.sqrt(n)),
    ],
    ids=["shape", "int", "branch", "range", "NumPy"],
)
def test_an_axis_whose_value_is_needed_is_named_in_one_line(make_toy, use, one_line):
    def build(point):
        return use(point["n"], lambda _: make_toy()(point))

    with pytest.raises(ArgumentError) as refusal:
        sweep(build, key=KEY, axes={"target": [0.1, 0.2], "n": [2, 3]})
    assert one_line(refusal, "n: expected a number that can be traced")


def test_an_axis_whose_value_is_needed_later_is_named_too(make_toy, one_line):
    def build(point):
        run = make_toy()(point)

        def init(key):
            return run.init(key) if range(point["n"]) else None

        return run._replace(init=init)

    with pytest.raises(ArgumentError) as refusal:
        sweep(build, key=KEY, axes={"target": [0.1, 0.2], "n": [2, 3]})
    assert one_line(refusal, "n: expected a number that can be traced")


def test_an_axis_that_nothing_depends_on_is_refused(make_toy, one_line):
    with pytest.raises(ArgumentError) as refusal:
        sweep(make_toy(), key=KEY, axes={"target": [0.1], "tarjet": [0.1, 0.2]})
    assert one_line(refusal, "tarjet: changes nothing")


def test_bits_do_not_depend_on_the_grid_where_a_chunk_is_given(make_toy):
    alone = sweep(make_toy(), key=KEY, axes={"target": [0.2], "seed": [1]}, chunk=4)
    axes = {"target": [0.1, 0.2, 0.3], "seed": [0, 1]}
    grid = sweep(make_toy(), key=KEY, axes=axes, chunk=4)
    assert alone.attrs["fingerprint"] == grid.attrs["fingerprint"]
    member = grid.W.isel(target=1, seed=1)
    assert alone.W.isel(target=0, seed=0).values.tobytes() == member.values.tobytes()
