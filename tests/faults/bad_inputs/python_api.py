"""Calls of the Python interface that cannot be what was meant, each refused in one line."""

import math
import os
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos import data, gauge, interp, metrics, models, optim, saes, trackers
from superpos.assets import array, members
from superpos.interp import backends
from superpos.models import inits
from superpos.saes.sparsity import l1, quadratic
from superpos.train import FitSpec, StoreError, fit, store, sweep, training
from superpos.types import Model
from tests.faults.bad_inputs.rows import Row, row

SPEC = FitSpec(n_steps=2, batch_size=4, log_every=1)
W = np.ones((3, 2), np.float32)
WITH_NAN = np.where(np.arange(6).reshape(3, 2) == 3, np.nan, W)
COUNT = "expected an integer in [1, 2147483647]"
TYPED = "key: expected one typed key, jax.random.key(seed)"
POSITIVE = "expected a number in (0, inf)"


def a_key() -> Any:
    return jax.random.key(0)


def parts(**changes: Any) -> dict[str, Any]:
    """The parts of a run, some of them others."""
    found = {
        "model": models.autoencoder(n_features=3, n_hidden=2),
        "source": data.sparse_uniform(n_features=3, density=0.5),
        "tx": optim.sgd(learning_rate=0.1),
        "spec": SPEC,
    }
    return {**found, **changes}


def build(point: Any, **changes: Any) -> Any:
    """A training whose density may be swept."""
    density = point.get("density", 0.5)
    return training(**parts(source=data.sparse_uniform(n_features=3, density=density), **changes))


def swept(**changes: Any) -> Any:
    """A call of `sweep`, some of its arguments others."""
    return lambda folder: sweep(**{"build": build, "key": a_key(), "axes": {}, **changes})


def stored(**changes: Any) -> Any:
    """The same, to be kept in a folder."""
    given = {"build": build, "axes": {}, "spec": {"a": 1}, **changes}
    return lambda folder: sweep(key=a_key(), store=folder / "made" / "here", **given)


def measuring(result: Any) -> Any:
    """A build whose probe returns something."""
    return lambda point: build(point, probe=lambda params, state, key: result)


def fitted(**changes: Any) -> Any:
    """A call of `fit`."""

    def call(folder: Path) -> Any:
        return fit(changes.pop("key", None) if "key" in changes else a_key(), **parts(**changes))

    return call


def with_state() -> Model:
    """An autoencoder that counts its batches."""
    base = models.autoencoder(n_features=3, n_hidden=2)
    return base._replace(init=lambda key: (base.init(key)[0], {"count": jnp.int32(0)}))


def audited(**changes: Any) -> Any:
    """A call of `gauge.audit`."""
    model = changes.pop("model", models.autoencoder(n_features=3, n_hidden=2))

    def call(folder: Path) -> Any:
        given = {"key": a_key(), "params": model.init(a_key())[0], **changes}
        return gauge.audit(lambda params: params.W, model, **given)

    return call


def read(name: str, make: Any, **arguments: Any) -> Any:
    """A call of `assets.array` for a path that something was made at."""

    def call(folder: Path) -> Any:
        make(folder / name)
        return array(path=str(folder / name), **arguments)

    return call


def linked(target: str) -> Any:
    return lambda path: path.symlink_to(target)


def source(**arguments: Any) -> Any:
    return lambda folder: data.sparse_uniform(**{"n_features": 5, "density": 0.5, **arguments})


def autoencoder(**arguments: Any) -> Any:
    return lambda folder: models.autoencoder(**{"n_features": 5, "n_hidden": 2, **arguments})


def sae(kind: str, **arguments: Any) -> Any:
    """A sparse autoencoder of 6 latents, and its start."""

    def call(folder: Path) -> Any:
        return getattr(saes, kind)(**{"d_in": 4, "d_code": 6, **arguments}).init(a_key())

    return call


FACTORIES = [
    row("density=inf", source(density=math.inf), "density=inf: expected a number in (0, 1]"),
    row("density='0.5'", source(density="0.5"), "density='0.5': expected a number in (0, 1]"),
    row("density=1j", source(density=0.5 + 0j), "density=(0.5+0j): expected a number in (0, 1]"),
    row("density=1e-60", source(density=1e-60), "density=1e-60: expected a number in (0, 1]"),
    row("density=True", source(density=True), "density=True: expected a number in (0, 1]"),
    row("n_features=2.0", source(n_features=2.0), f"n_features=2.0: {COUNT}"),
    row("n_features=-3", source(n_features=-3), f"n_features=-3: {COUNT}"),
    row("n_hidden=None", autoencoder(n_hidden=None), f"n_hidden=None: {COUNT}"),
    row("n_hidden=[2]", autoencoder(n_hidden=[2]), f"n_hidden=[2]: {COUNT}"),
    row("decay=nan", autoencoder(importance_decay=math.nan), "importance_decay=nan: expected"),
    row(
        "activation=Relu",
        autoencoder(activation="Relu"),
        "activation='Relu': expected one of relu, linear, gelu; did you mean relu?",
    ),
    row("init=3", autoencoder(init=3), "init=3: expected"),
    row(
        "learning_rate=-1",
        lambda folder: optim.adam(learning_rate=-1),
        f"learning_rate=-1: {POSITIVE}",
    ),
    row(
        "learning_rate=None",
        lambda folder: optim.sgd(learning_rate=None),
        f"learning_rate=None: {POSITIVE}",
    ),
    row(
        "b2=1",
        lambda folder: optim.adam(learning_rate=0.1, b2=1),
        "b2=1: expected a number in [0, 1)",
    ),
    row(
        "schedule=cosine",
        lambda folder: optim.adam(learning_rate=0.1, schedule="cosine"),
        "schedule='cosine': expected",
    ),
    row(
        "init_scale=0",
        lambda folder: inits.glorot(init_scale=0),
        f"init_scale=0: {POSITIVE}",
    ),
    row(
        "log_every=3",
        lambda folder: FitSpec(n_steps=10, batch_size=8, log_every=3),
        "log_every=3: expected a divisor of n_steps=10",
    ),
    row(
        "n_steps=1000.0",
        lambda folder: FitSpec(n_steps=1000.0, batch_size=8, log_every=1),
        "n_steps=1000.0: expected an integer, such as",
        kind=TypeError,
    ),
    row(
        "batch_size=True",
        lambda folder: FitSpec(n_steps=2, batch_size=True, log_every=1),
        "batch_size=True: expected an integer, such as",
        kind=TypeError,
    ),
]
RUNS = [
    row("raw key", fitted(key=np.zeros(2, np.uint32)), TYPED, kind=TypeError),
    row("key=0", fitted(key=0), TYPED, kind=TypeError),
    row(
        "features differ",
        fitted(source=data.sparse_uniform(n_features=4, density=0.5)),
        "model: takes inputs float32[3], expected the float32[4] that data gives",
    ),
    row("model=None", fitted(model=None), "model=None: expected a Model"),
    row("tx=0.1", fitted(tx=0.1), "tx=0.1: expected a GradientTransformation"),
    row("spec={}", fitted(spec={}), "spec={}: expected a FitSpec"),
    row("evaluations=3", fitted(evaluations=3), "evaluations=3: expected a mapping"),
    row("evaluation=3", fitted(evaluations={"loss": 3}), "evaluations.loss=3: expected an Eval"),
    row("probe=3", fitted(probe=3), "probe=3: expected a function or an Evaluation or none"),
    row(
        "a model too large",
        fitted(
            model=models.autoencoder(n_features=3, n_hidden=2**31 - 1),
            spec=FitSpec(n_steps=1, batch_size=1, log_every=1),
        ),
        "one run needs at least",
        "expected a smaller model or batch_size",
        kind=MemoryError,
    ),
    row(
        "a batch too large",
        fitted(spec=FitSpec(n_steps=1, batch_size=2**31 - 1, log_every=1)),
        "one run needs at least",
        "expected a smaller model or batch_size",
        kind=MemoryError,
    ),
]
SWEEPS = [
    row("density=[]", swept(axes={"density": []}), "density: empty axis, expected"),
    row("density=[nan]", swept(axes={"density": [math.nan]}), "density=[nan]: expected"),
    row("density=None", swept(axes={"density": None}), "density=None: expected a list of"),
    row(
        "density masked",
        swept(axes={"density": np.ma.masked_array([0.1, 0.2], [False, True])}),
        *("density=masked_array", "expected a list of finite numbers"),
    ),
    row("axis 3", swept(axes={3: [0.5]}), "axes={3: [0.5]}: expected a name and values for"),
    row("axis='0.5'", swept(axes={"density": "0.5"}), "density='0.5': expected a list of"),
    row("density=[[1]]", swept(axes={"density": [[0.5]]}), "density=[[0.5]]: expected a list"),
    row("density=[1e39]", swept(axes={"density": [1e39]}), "density=[1e+39]: expected a list"),
    row("density=[-0.1]", stored(axes={"density": [0.5, -0.1]}), "density=-0.1: expected a num"),
    row("density twice", swept(axes={"density": [0.5, 0.5]}), "density: [0.5] appears twice"),
    row(
        "density twice in float32",
        swept(axes={"density": [0.5, 0.5 + 1e-12]}),
        "density: [0.5, 0.500000000001] is one number in float32",
    ),
    row("seed=[1.5]", swept(axes={"seed": [1.5]}), "seed=[1.5]: expected integers in [0, 4294"),
    row("seed=[True]", swept(axes={"seed": [True]}), "seed=[True]: expected"),
    row("seed=[2**32]", swept(axes={"seed": [2**32]}), "seed=[4294967296]: expected integers in"),
    row(
        "many seeds",
        swept(axes={"seed": range(10**8)}),
        "axes: 100,000,000 members, expected at most 4,000,000",
    ),
    row(
        "too many seeds to count",
        swept(axes={"seed": range(10**30)}),
        "axes: 9,223,372,036,854,775,807 members, expected at most 4,000,000",
    ),
    row("axes=[]", swept(axes=[]), "axes=[]: expected a name and values for each axis"),
    row("rate unread", swept(axes={"rate": [0.1, 0.2]}), "rate: changes nothing, expected an axis"),
    row("zipped unknown", swept(zipped=[["a", "b"]]), "zipped=['a', 'b']: expected names of axes"),
    row(
        "zipped lengths",
        swept(axes={"density": [0.1, 0.2], "seed": [0]}, zipped=[["density", "seed"]]),
        "zipped axes: expected the same length",
    ),
    row("build=3", swept(build=3), "build=3: expected a function of a point"),
    row("build gives None", swept(build=lambda point: None), "build=None: expected a Training"),
    row("chunk=0", swept(chunk=0), "chunk=0: expected an integer in [1, 4000000]"),
    row("chunk=2.0", swept(chunk=2.0), "chunk=2.0: expected an integer in [1, 4000000]"),
    row("devices=[]", swept(devices=[]), "devices=[]: expected one or more of jax.devices()"),
    row("fraction=0", swept(memory_fraction=0), "memory_fraction=0: expected a number in (0, 1]"),
    row("seconds=-1", swept(checkpoint_seconds=-1), "checkpoint_seconds=-1: expected a number in"),
    row("own_starts=1", swept(own_starts=1), "own_starts=1: expected true or false"),
    row("no spec", stored(spec=None), "spec: missing, expected the configuration"),
    row("store=3", swept(store=3, spec={"a": 1}), "store=3: expected the path of a folder"),
    row("store=''", swept(store="", spec={"a": 1}), "store='': expected the path of a folder"),
    row(
        "store with a null",
        swept(store="a\0b", spec={"a": 1}),
        "store='a\\x00b': expected the path of a folder",
    ),
    row("spec of an object", stored(spec={"a": print}), "a=<built-in", "expected numbers, texts"),
    row("spec=[1]", stored(spec=[1]), "spec=[1]: expected a mapping"),
    row("spec of a number", stored(spec={1: 2, "a": 1}), "spec.1: expected a text for each key"),
    row("spec with nan", stored(spec={"a": math.nan}), "a=nan: expected a finite number"),
    row("raw root key", swept(key=np.zeros(2, np.uint32)), TYPED, kind=TypeError),
    row("part=[b'x']", swept(part=[b"x"]), "part=b'x': expected ids of members of the sweep"),
    row("dims of W", swept(dims={"W": ["a"]}), "dims of W=['a']: expected 2 names"),
    row("assets=3", swept(assets={"x": 3}), "assets.x: expected arrays of numbers, not int"),
    row("assets of text", swept(assets={"x": np.array(["a"])}), "assets.x: expected arrays of"),
    row(
        "a probe of a float",
        swept(build=measuring(1.0)),
        "evaluations.probe: expected a dict of arrays, not float",
    ),
    row(
        "a probe of text",
        swept(build=measuring({"a": "b"})),
        "evaluations.probe: a: expected an array of numbers, not str",
    ),
    *(
        row(f"a probe of {name}", stored(build=measuring({name: jnp.ones(())})), f"{name}: expec")
        for name in ("status", "fragile", "step", "seed", "group", "job", "W")
    ),
]
MEASURES = [
    row("W=text", lambda folder: metrics.feature_norms("abc"), "W='abc': expected"),
    row("W complex", lambda folder: metrics.capacity(W + 0j), "W=array", "expected real numbers"),
    row(
        "W of one dimension",
        lambda folder: metrics.interference(W[0]),
        "W of shape (2,): expected (..., ",
    ),
    row("W of objects", lambda folder: metrics.feature_norms(np.array([[{}]])), "W=array", "real"),
    row(
        "W masked",
        lambda folder: metrics.feature_norms(np.ma.masked_less(W, 2)),
        *("W=masked_array", "expected real numbers"),
    ),
    row(
        "W of durations",
        lambda folder: metrics.feature_norms(W.astype("timedelta64[s]")),
        *("W=array", "expected real numbers"),
    ),
    row(
        "W beyond float32",
        lambda folder: metrics.feature_norms(W.astype(float) * 1e39),
        "W holds 1e+39: expected numbers within float32",
    ),
    row(
        "logits of other rows",
        lambda folder: metrics.accuracy(np.ones((3, 4)), np.zeros(2, int)),
        "targets of shape (2,): expected (..., example, output)",
    ),
    row(
        "key of two",
        audited(key=jax.random.split(jax.random.key(1))),
        "key=",
        "expected one typed key",
    ),
    row("key=None", audited(key=None), "key=None: expected one typed key"),
    row("n_elements=0", audited(n_elements=0), f"n_elements=0: {COUNT}"),
    row("groups=['a']", audited(groups=["a"]), "groups: 'a', expected each a Group"),
    row("params=3", audited(params=3), "params: int", "expected AutoencoderParams of W (3, 2)"),
    row(
        "a model with a state",
        audited(model=with_state()),
        "model: has a state, ",
        "hold it inside",
    ),
    row("batch=W", audited(batch=W), "batch=array", "expected a Batch"),
]
IN_USE = "expected at most the 6 latents in use"
AUTOENCODERS = [
    row("k above d_code", sae("topk", k=7), f"k=7: {IN_USE}"),
    row("k above width", sae("batch_topk", k=4, width=3), "k=4: expected at most the 3 latents"),
    row("width above d_code", sae("relu", width=7), "width=7: expected at most d_code=6"),
    row(
        "an L0 above d_code",
        sae("relu", sparsity=l1(), tuner=saes.l0_tuner(target=7, n_steps=9)),
        f"tuner.target=7: {IN_USE}",
    ),
    row("an L0 for a penalty", sae("jumprelu", sparsity=quadratic(target=7)), "sparsity.target=7"),
    row("an L0 of 0", lambda folder: saes.l0_tuner(target=0, n_steps=9), f"target=0: {POSITIVE}"),
    row(
        "a dictionary of another shape",
        sae("relu", init=saes.inits.truth(features=jnp.ones((5, 3)))),
        "init=truth: features of 3 numbers, expected 4",
    ),
    row(
        "a dictionary with nan",
        lambda folder: saes.inits.truth(features=WITH_NAN),
        "features: expected finite numbers",
    ),
    row(
        "scores of another shape",
        lambda folder: metrics.recovery(np.ones((6, 4)), np.ones((5, 3))),
        "features of shape (5, 3): expected",
    ),
    row("weights of nobody", lambda folder: saes.read(folder), "/", "expected a file to read"),
    row(
        "activations with nan",
        lambda folder: data.examples(n_features=2, examples={"inputs": jnp.asarray(WITH_NAN)}),
        "examples.inputs: expected finite numbers",
    ),
    row(
        "activations with nan in a sweep",
        swept(assets={"x": {"inputs": WITH_NAN}}),
        "assets.x: row 1 of inputs is not finite, expected numbers that are",
    ),
]
FILES = [
    row("a.txt", read("a.txt", Path.touch), "path=", "expected a file that ends in .npy or .npz"),
    row("missing", read("a.npy", lambda path: None), "path=", "(No such file or directory)"),
    row("a folder", read("a.npz", Path.mkdir), "path=", "expected a file to read (Is a directory)"),
    row(
        "a pipe", read("a.npy", os.mkfifo), "path=", "expected a file to read (Not a regular file)"
    ),
    row("a device", read("a.npz", linked("/dev/zero")), "path=", "(Not a regular file)"),
    row("a link to itself", read("a.npy", linked("a.npy")), "path=", "expected a file to read ("),
    row("empty", read("a.npy", Path.touch), "path=", "damaged, expected arrays of numbers"),
    row(
        "complex",
        read("a.npy", lambda path: np.save(path, np.ones(2, complex))),
        *("path=", "damaged, expected arrays of numbers"),
    ),
    row(
        "activations with nan in a file",
        read("a.npy", lambda path: np.save(path, WITH_NAN)),
        *("path=", "row 1 of inputs is not finite, expected numbers that are"),
    ),
    row(
        "another digest",
        read("a.npy", lambda path: np.save(path, W), sha256="0"),
        *("sha256=0: ", "choose another file"),
    ),
    row(
        "a store nowhere",
        lambda folder: store.open(folder / "no"),
        *("/", "no: expected a folder with a sweep.json or a multirun.json"),
        kind=StoreError,
    ),
    row(
        "members nowhere",
        lambda folder: members(store=str(folder), registry={}),
        *("store=", "expected a folder with a sweep.json or a multirun.json"),
    ),
    row(
        "select=3",
        lambda folder: members(store=str(folder), registry={}, select=3),
        "select=3: expected a mapping or none",
    ),
]
CONTEXTS = interp.Contexts(np.zeros((4, 9), np.int32), np.arange(4))


def explained(**changes: Any) -> Any:
    """A call of `interp.score`, some of its arguments others."""
    given = {"contexts": CONTEXTS, "activations": np.ones((36, 1)), "seed": 0}
    return lambda folder: interp.score(**{**given, "explainers": {}, "scorers": {}, **changes})


LATENTS = [
    row(
        "latents on one document",
        explained(contexts=CONTEXTS._replace(document=np.zeros(4, int))),
        *("contexts.document: ", "expected at least 2 documents to split"),
    ),
    row(
        "tokens that are no numbers",
        explained(contexts=CONTEXTS._replace(tokens=np.ones((4, 9)))),
        *("contexts.tokens=array", "expected an array of integers"),
    ),
    row(
        "activations of other tokens",
        explained(activations=np.ones((35, 1))),
        *("activations: have shape [35, 1]", "expected [36, n_latents]"),
    ),
    row("activations below 0", explained(activations=-np.ones((36, 1))), "activations: expected"),
    row(
        "no reseeds", explained(n_reseeds=0), "n_reseeds=0: expected an integer in [1, 2147483647]"
    ),
    row(
        "a vocabulary of numbers",
        lambda folder: interp.explainers.ngram(vocabulary=[1, 2], order=1),  # pyright: ignore
        *("vocabulary=[1, 2]", "expected the text of each token"),
    ),
    row(
        "n-grams without end",
        lambda folder: interp.explainers.ngram(vocabulary=["a", "b"], order=40),
        *("order=40: ", "expected fewer tokens, for 2 in vocabulary"),
    ),
    row(
        "a threshold of 0",
        lambda folder: interp.scorers.fuzzing(threshold=0.0),
        "threshold=0.0: expected a number in (0, 1]",
    ),
]
ENDPOINT = {"model": "m", "max_requests": 1, "max_tokens": 1000}


def endpoint(**changes: Any) -> Any:
    """A call of `openai_compatible`."""
    given = {"base_url": "https://example.org/v1", **ENDPOINT, **changes}
    return lambda folder: backends.openai_compatible(**given)


LANGUAGE_MODELS = [
    row(
        "an endpoint in plain text",
        endpoint(base_url="http://example.org/v1"),
        *("base_url='http://example.org/v1'", "expected https://<host>/<path>, or http of local"),
    ),
    row("base_url=3", endpoint(base_url=3), "base_url=3: expected a text"),
    row(
        "no key",
        endpoint(key_variable="NOT_A_KEY_OF_TESTS"),
        "key_variable=NOT_A_KEY_OF_TESTS: expected a key in that variable",
    ),
    row("max_tokens=0", endpoint(max_tokens=0), f"max_tokens=0: {COUNT}"),
    row(
        "exchanges nowhere",
        lambda folder: backends.replay(folder / "no.jsonl"),
        *("/", "no.jsonl: expected a file to read"),
    ),
    row(
        "frozen, and to move",
        lambda folder: optim.sae_adam(learning_rate=0.1, frozen="decoder", least_cosine=0.8),
        "least_cosine=0.8: expected none, as frozen=decoder",
    ),
    row(
        "frozen, and not there",
        fitted(tx=optim.sae_adam(learning_rate=0.1, frozen="encoder")),
        "frozen: expected a model with the parameters W_enc",
    ),
    row(
        "a token outside the vocabulary",
        lambda folder: metrics.token_entropy(W, [0, 1, 2], n_tokens=2),
        "tokens: expected numbers in [0, 2)",
    ),
]
OTHER_TOOLS = [
    row(
        "weights of another model",
        lambda folder: models.read({"W": W}, models.autoencoder(n_features=3, n_hidden=2)),
        *("source: has W (3, 2), expected", "W (3, 2), b (3)"),
    ),
    row(
        "a square matrix of PyTorch",
        lambda folder: models.from_torch({"W": np.eye(2), "b_final": np.zeros(2)}),
        *("layout=by_bias: W (2, 2)", "expected features_first or hidden_first"),
    ),
    row(
        "a pickle of PyTorch",
        lambda folder: models.from_torch("toy.pt"),
        *("toy.pt: expected what", "safetensors.torch.save_file"),
    ),
    row(
        "mode='on'",
        lambda folder: trackers.wandb(project="p", mode="on"),  # pyright: ignore
        "mode='on': expected one of online, offline",
    ),
]
TABLE: list[Row] = [
    *FACTORIES,
    *RUNS,
    *SWEEPS,
    *MEASURES,
    *AUTOENCODERS,
    *FILES,
    *LATENTS,
    *LANGUAGE_MODELS,
    *OTHER_TOOLS,
]
