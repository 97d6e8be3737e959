"""What is audited is checked first: parameters against the model, a batch against both."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import models
from superpos.arguments import ArgumentError
from superpos.gauge.subject import check_batch, check_params, example_of, positive_batch
from superpos.types import Batch
from tests.superpos.gauge.cases import CASES, TIED, H, N, model_of

MODEL = models.autoencoder(n_features=N, n_hidden=H)
AS_MADE = r"expected AutoencoderParams of W \(6, 3\), b \(6,\), as model.init gives$"


def params(**changed):
    return models.AutoencoderParams(
        **{"W": np.ones((N, H), np.float32), "b": np.ones(N), **changed}
    )


def test_parameters_of_the_model_pass_in_either_precision():
    check_params(MODEL, params())
    check_params(MODEL, params(W=np.ones((N, H))))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"W": np.ones((N, H)), "b": np.ones(N)}, r"^params: dict of W \(6, 3\), b .*" + AS_MADE),
        (params(W=np.ones((H, N))), r"^params: AutoencoderParams of W \(3, 6\).*" + AS_MADE),
        (params(b=None), r"^params: AutoencoderParams of W \(6, 3\), " + AS_MADE),
        (np.ones((N, H)), "^params: ndarray of .*" + AS_MADE),
        (None, "^params: NoneType of nothing, " + AS_MADE),
        (params(W=np.ones((2, N, H))), r"^params: .*\(2, 6, 3\).*" + AS_MADE),
        (params(W=np.ones((N, H), int)), "^params: W=.*, expected an array of floating type$"),
        (params(b=np.full(N, np.nan)), "^params: b is not finite"),
    ],
)
def test_others_are_refused(value, told):
    with pytest.raises(ArgumentError, match=told):
        check_params(MODEL, value)


def test_a_state_is_refused():
    model = MODEL._replace(init=lambda key: (MODEL.init(key)[0], {"fired": jnp.zeros(H)}))
    with pytest.raises(ArgumentError, match=r"^model: has a state, fired \(3,\); hold it"):
        check_params(model, params())


@pytest.mark.parametrize("shape", [(N, H), (H, N)])
def test_a_model_that_declares_nothing_is_given_what_it_reads(shape):
    """Whichever way round its weights are."""

    def tied(p, x):
        W = p["W"] if shape == (N, H) else p["W"].T
        return W @ (W.T @ x)

    model = model_of(CASES["rotation"]._replace(shapes={"W": shape}, function=tied))
    found = positive_batch(jax.random.key(0), model, {"W": jnp.ones(shape)})
    assert found.inputs.shape == found.targets.shape == (256, N)


def test_a_model_that_reads_no_such_vector_needs_a_batch():
    case = CASES["rotation"]._replace(function=lambda p, x: x @ jnp.ones((99, 2)))
    with pytest.raises(ArgumentError, match="^batch: missing, and the model does not say"):
        example_of(model_of(case), {name: jnp.ones(shape) for name, shape in TIED.items()})


def test_tokens_need_a_batch():
    tokens = jax.ShapeDtypeStruct((4,), np.int32)
    model = MODEL._replace(takes=MODEL.takes._replace(inputs=tokens))
    with pytest.raises(ArgumentError, match="^batch: missing, and the model takes int32$"):
        example_of(model, params())


def test_a_batch_of_another_width_is_refused():
    good, wide = np.ones((4, N), np.float32), np.ones((4, N + 1), np.float32)
    check_batch(MODEL, params(), Batch(inputs=good, targets=good, factors=good))
    for inputs, targets, told in (
        (wide, wide, r"^inputs of shape \(4, 7\): the model cannot read them"),
        (good, wide, r"^targets of shape \(4, 7\): the model has no loss for them"),
        (good[:0], good, r"^inputs of shape \(0, 6\): the model cannot read them \(no example\)"),
    ):
        with pytest.raises(ArgumentError, match=told):
            check_batch(MODEL, params(), Batch(inputs=inputs, targets=targets, factors=good))
    with pytest.raises(ArgumentError, match="^batch=.*: expected a Batch$"):
        check_batch(MODEL, params(), good)
