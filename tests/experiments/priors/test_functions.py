"""Functions of random and trained networks, on draws and networks made by hand."""

import numpy as np
import pytest
import xarray

from experiments.priors import picked
from experiments.priors.functions import measure as functions
from experiments.priors.functions.claims import CLAIMS, judge
from experiments.priors.functions.figures import draw, tables
from experiments.priors.functions.measure import measure
from superpos.arguments import ArgumentError

ONE_LAYER = ("seed", "feature", "hidden")


def of_draws(words, n_features, **axes):
    """A dataset of draws, (axes..., seed, draw)."""
    words = np.asarray(words, np.uint32)
    dims = (*axes, "seed")
    return xarray.Dataset(
        {
            "functions": ((*dims, "draw", "word"), words[..., None]),
            "status": (dims, np.full(words.shape[:-1], "ok", object)),
            "weights.0": (("feature", "hidden"), np.zeros((n_features, 16))),
        },
        {**axes, "seed": range(words.shape[-2])},
    )


def test_words_are_truth_tables_the_least_bit_first():
    dataset = of_draws([[0b1, 0b1010]], 2)
    expected = [[1, 0, 0, 0], [0, 1, 0, 1]]
    np.testing.assert_array_equal(picked.truth_tables(dataset), np.array(expected, bool))
    dataset["status"][0] = "diverged@1"
    assert picked.truth_tables(dataset).shape == (0, 4)


def test_completions_are_all_functions_that_fit():
    truth, on = picked.bits(0b0110, 4), np.array([True, False, True, False])
    np.testing.assert_array_equal(picked.completions(truth, on), [0b0100, 0b0110, 0b1100, 0b1110])


def test_divergence_is_in_bits_and_draws_have_some_of_their_own():
    assert picked.divergence(np.array([4, 0]), np.array([0.5, 0.5])) == 1
    assert picked.divergence(np.array([1, 3]), np.array([0.25, 0.75])) == 0
    assert picked.divergence(np.zeros(2), np.array([0.5, 0.5])) == 0
    floor = picked.floor(np.array([[[50, 50]]]), np.array([[0.5, 0.5]]))
    assert floor.shape == (1, 1)
    assert floor[0, 0] == pytest.approx(1 / (2 * 100 * np.log(2)), rel=0.5)  # (k - 1) / 2n nats


def test_input_orders_keep_what_a_function_counts():
    """The number of inputs that are on is the same in every order of the inputs."""
    ones = picked.boolean_inputs(4).sum(1)
    orders = functions.input_orders(16)
    assert len(orders) == 24 and len({tuple(order) for order in orders}) == 24
    assert all((ones[order] == ones).all() for order in orders)
    assert all(sorted(order) == list(range(16)) for order in functions.chance_orders(16))


def test_functions_are_ranked_by_how_often_they_were_drawn():
    words = np.repeat([0b0, 0b0110, 0b1111], [5, 2, 3])
    found = functions.ranked(picked.truth_tables(of_draws([words], 2)))
    np.testing.assert_array_equal(found.counts, [5, 3, 2])
    np.testing.assert_array_equal(found.ones, [0, 4, 2])
    assert found.complexity[0] == found.complexity[1] == 2 < found.complexity[2]


def test_functions_drawn_often_are_counted_among_those_that_are_looked_at():
    counts, none = np.array([30, 20, 10, 10, 5, 1]), np.zeros(3)
    found = functions.Ranked(counts, np.array([1, 3, 6]), none, none, none)
    np.testing.assert_array_equal(found.often(10), [True, True, False])


def trained(rates=(0.1,)):
    """Networks of 3 inputs: x_1 > 1/2 where seeds are even, always true where they are odd."""
    shape = (1, len(rates), 4)
    W, b, out = np.zeros((*shape, 3, 1)), np.zeros((*shape, 1)), np.ones((*shape, 1, 1))
    last = np.full((*shape, 1), -0.5)
    W[..., 0, 0] = 1
    last[:, :, 1::2] = 1
    dims = ("function", "learning_rate", "seed")
    config = {"model.n_layers": 1, "model.init.weight_std": 1.4, "model.init.bias_std": 0.5}
    arrays = {
        "weights.0": ((*dims, "feature", "hidden"), W),
        "biases.0": ((*dims, "hidden"), b),
        "weights.1": ((*dims, "hidden", "output"), out),
        "biases.1": ((*dims, "output"), last),
        "status": (dims, np.full(shape, "ok", object)),
    }
    coords = {"function": [0b11110000], "learning_rate": [*rates], "seed": range(4)}
    coords["rows"] = ("function", [0b11110000])  # the rows at which x_1 is on
    return xarray.Dataset(arrays, coords, {"config": config})


def test_what_trained_networks_pick(monkeypatch):
    monkeypatch.setattr(picked.store, "config_of", lambda dataset: dataset.attrs["config"])
    found = picked.picks(trained(), {"prior": np.ones(256), "other": np.arange(1.0, 257)})
    assert found.fitting == 1
    [[counts]] = found.picked
    assert counts.sum() == 4 and counts[0] == 2 and counts[15] == 2
    np.testing.assert_allclose(found.expected["other"][0, [0, 15]] * 3976, [241, 256])
    wrong = trained()
    wrong["function"] = [0b0]
    assert picked.picks(wrong, {"prior": np.ones(256)}).fitting == 0


def test_networks_without_a_bias_are_not_compared_with_kernels_that_have_it():
    with pytest.raises(ArgumentError, match="^model: expected bias=true and output_bias=true, as"):
        picked.computed(trained().drop_vars("biases.1"))


def whole(monkeypatch):
    """All variants: perceptrons of every t alike, and functions half of which are constant."""
    monkeypatch.setattr(picked.store, "config_of", lambda dataset: dataset.attrs["config"])
    monkeypatch.setattr(picked, "N_KERNEL_DRAWS", 1000)
    t = [(1 << k) - 1 for k in range(32)]
    rng = np.random.default_rng(0)
    some = rng.integers(2**32, size=200)
    cells = [[[np.r_[[0] * n, some[: 200 - n]]]] for n in (10, 200)]
    return {
        "perceptron": of_draws([t * 100], 5),
        "networks": of_draws([np.r_[[0] * 200, some]], 5),
        "others": of_draws(cells, 5, n_layers=[1, 4], bias_std=[0.0]),
        "three": of_draws([rng.integers(256, size=500)], 3),
        "trained": trained((0.1, 0.2)),
    }


def test_the_analysis_from_draws_to_figures(monkeypatch, tmp_path):
    measured = measure(whole(monkeypatch))
    found = {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}
    assert found.keys() == CLAIMS.keys()
    assert found["theorem"].measured == pytest.approx(0) and found["never_all"].measured == 0
    assert found["range"].measured == pytest.approx(np.log10(200))
    assert found["zipf"].reproduced is False  # too few functions
    assert found["deeper"].measured == pytest.approx(20)
    assert found["fitting"].measured == 1
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).exists()
    [table] = tables(measured)
    assert [row[0] for row in table.rows] == ["1, 0", "4, 0"]
