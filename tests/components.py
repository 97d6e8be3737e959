"""Every component of conf/: its YAML, its numbers and what it computes, for test_contract.py."""

import functools
import inspect
import math
import tempfile
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import optax

from superpos import components, data, models, optim
from superpos.app import boundary
from superpos.app.choices import without_yaml
from superpos.app.config.resolve import WHEN
from superpos.app.extensions import extensions
from superpos.app.registry import analyses, registry
from superpos.arguments import Interval, annotation, element_of, sweepable
from superpos.data import draw
from superpos.environments import Encoding, play
from superpos.models.transformer import train_tokeniser
from superpos.train import FitSpec, sweep, training
from superpos.types import (
    Batch,
    Environment,
    Evaluation,
    Members,
    Model,
    Scalar,
    Scalars,
    Source,
)
from tests import texts

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING = {**registry(), "analysis": analyses()}
"""Group -> kind -> factory, the analyses among them."""
FOLDERS = {
    **{name: name for name in ("data", "magnitude", "model", "init", "error", "regulariser")},
    **{name: name for name in ("optim", "schedule", "trigger", "asset")},
    **{name: name for name in ("sparsity", "dead", "tuner", "surrogate")},
    **{name: name for name in ("environment", "encoding")},
    "evaluation": "evaluations",
}
"""Group -> folder of its YAML files."""
TRIED = {
    "n_used": [5.0, 4.0],
    "width": [12.0, 5.0, 8.5],
    "k": [2.0, 1.0, 3.5],
    "target": [2.0, 10.0],
    "init_threshold": [0.01, 0.05],
    "least": [0.01, 2.0],
    "most": [100.0, 0.5],
    "least_cosine": [1.0, 0.5],
    "row": [1.0, 0.0],
    "repeats": [1.0, 900.0],
    "n_active": [0.5, 0.75],
    "transformer": [1.0, 0.0],
    "function": [8.0, 1.0, 255.0],
    "rows": [255.0, 3.0],
    "pair": [0.0, 5.0],
    "n_allowed": [6.0, 2.0, 3.5],
    "n_valued": [1.0, 3.0],
    "text": [2.0, 0.0, 4.0],
    "n_labels": [1000.0, 3.0, 8.5],
    "choice_scale": [8.0, 0.0, 0.5],
    "named_share": [1.0, 0.0, 0.5],
    "label_noise": [0.0, 0.5, 0.25],
}
"""Argument -> values to try, where most of its range is refused beside the other arguments or, as
thresholds that no latent reaches or cosines of rows that hardly turn, changes nothing."""
OF_HIDDEN = {"width": [2.0, 1.0]}
"""The same of a model with n_hidden."""
GROUPS = tuple(FOLDERS)
SUPPLIED = {
    "model",
    "source",
    "datasets",
    "folder",
    "registry",
    "examples",
    "held_out",
    "members",
    "transformers",
    "tokens",
    "activations",
    "features",
    "directions",
}
"""Arguments that the program gives to a factory of the registry."""
INSIDE = {
    "init": "init@model.init",
    "error": "error@model.error",
    "regulariser": "+regulariser@model.regularisers",
    "sparsity": "sparsity@model.sparsity",
    "dead": "dead@model.dead",
    "tuner": "+tuner@model.tuner",
    "surrogate": "surrogate@model.surrogate",
}
"""Group -> the word that chooses one of its components inside a model."""
OF_AGENTS = ("behaviour", "epoch_table", "clipped", "policy_gradient")
WORLDS = ("epochs", "tampering")
CLOCKS = (
    "frozen",
    "hidden",
    "one_hot",
    "permuted",
    "random_number",
    "scalar",
    "several",
    "sinusoid",
)
BRANCHING = ("branching", "branching_agent", "forced_branches")
HOSTS = {
    "rescaled": "computation",
    "fan_in_uniform": "mlp",
    **dict.fromkeys(("saelens", "dictionary_learning", "truth", "l0_tuner"), "sae_relu"),
    **dict.fromkeys(("l1", "tanh", "step", "quadratic", "relative"), "sae_jumprelu"),
    **dict.fromkeys(("auxk", "resample"), "sae_topk"),
    **dict.fromkeys(("recovery", "interpretation", "held_out_fit", "spliced"), "sae_relu"),
    **dict.fromkeys(("boolean_functions", "outputs", "guess_and_check"), "mlp"),
    **dict.fromkeys(("rollouts", *OF_AGENTS), "actor_critic"),
    **dict.fromkeys((*WORLDS, *CLOCKS), "actor_critic"),
    **dict.fromkeys(BRANCHING, "branching_agent"),
    **dict.fromkeys(("refined", "direct", "program_search"), "amortised"),
    "unrolled": "update_rule",
    **dict.fromkeys(("policy", "ambiguous_pointer"), "reward"),
}
"""Component -> the model that it fits, where that is not the autoencoder."""
OF_PROBLEMS = ("data=problems", "data.n_features=14", "data.n_held_out=3")
OF_TEXTS = ("data=text_activations", f"data.n_features={texts.D_MLP}")
PLAYED = ("data=rollouts",)
DATA = {
    **dict.fromkeys(("interpretation", "held_out_fit", "spliced"), OF_TEXTS),
    "text_activations": OF_TEXTS[1:],
    "fan_in_uniform": ("model.bias=true",),
    "boolean_functions": ("data=truth_table", "model.n_outputs=1"),
    **dict.fromkeys(("amortised", "refined", "direct"), OF_PROBLEMS),
    **dict.fromkeys(("update_rule", "unrolled"), OF_PROBLEMS),
    "program_search": (
        *OF_PROBLEMS,
        "evaluations.program_search.n_generations=1",
        "evaluations.program_search.n_children=2",
    ),
    **dict.fromkeys(("outputs", "guess_and_check"), ("data=two_rules", "model.n_outputs=1")),
    **dict.fromkeys(("actor_critic", *OF_AGENTS), PLAYED),
    **dict.fromkeys((*WORLDS, *CLOCKS), PLAYED),
    **dict.fromkeys(
        BRANCHING, (*PLAYED, "data.n_features=10", "environment@data.environment=branching")
    ),
    **dict.fromkeys(("policy", "ambiguous_pointer"), ("data=comparisons",)),
}
"""Component -> words for the data that it is of, where not any will do."""
WORDS = {
    **INSIDE,
    "evaluation": "evaluations",
    "trigger": "+trigger@evaluations.loss.every",
    "asset": "+asset@assets.given",
    "environment": "environment@data.environment",
    "encoding": "encoding@data.environment.encoding",
}
"""Group -> the word that chooses one of its components."""


def yaml_files() -> dict[tuple[str, str], Path]:
    """(group, name) -> its YAML file, where there is one."""
    return {
        (group, path.stem): path
        for group, folder in FOLDERS.items()
        for extension in extensions()
        for path in sorted((extension.configs / folder).glob("*.yaml"))
    }


WRITTEN = [(group, name) for group, name in yaml_files()]
GENERATED = {(folder, name) for folder, name, _ in without_yaml()}
COMPONENTS = [*WRITTEN, *sorted(pair for pair in GENERATED if pair[0] in FOLDERS)]
"""What a config may choose: YAML files, and factories without one."""
FACTORIES = [(group, kind) for group, kinds in EVERYTHING.items() for kind in kinds]
BATCH = 16


def names_of(group: str) -> list[str]:
    return [name for each, name in COMPONENTS if each == group]


@functools.cache
def composed(group: str, name: str) -> Mapping[str, Any]:
    words = [f"model={HOSTS[name]}"] if name in HOSTS else []
    words += DATA.get(name, ())
    return boundary.compose(["experiment=train", *words, f"{WORDS.get(group, group)}={name}"])


def node_of(group: str, name: str) -> dict[str, Any]:
    config = composed(group, name)
    if group == "regulariser":
        return {"kind": name, **config["model"]["regularisers"][name]}
    if group == "evaluation":
        node = config["evaluations"][name]
        return {"kind": name, **{key: value for key, value in node.items() if key not in WHEN}}
    if group == "trigger":
        return dict(config["evaluations"]["loss"]["every"])
    if group == "asset":
        return {**config["assets"]["given"], **PLACES.get(name, dict)()}
    if group == "encoding":
        return dict(config["data"]["environment"]["encoding"])
    inside = config["data"] if group == "environment" else config["model"]
    return dict((inside if group in {*INSIDE, "environment"} else config)[group])


def factory_of(group: str, name: str) -> Callable[..., Any]:
    return EVERYTHING[group][node_of(group, name)["kind"]]


def settable(group: str, kind: str) -> list[str]:
    """Arguments of a factory that a config sets."""
    return [n for n in inspect.signature(EVERYTHING[group][kind]).parameters if n not in SUPPLIED]


# Annotations, read independently of superpos.arguments


def interval_of(hint: Any) -> Interval | None:
    """The range in an annotation."""
    for part in (hint, *typing.get_args(hint)):
        for extra in getattr(part, "__metadata__", ()):
            if isinstance(extra, Interval):
                return extra
    return None


def base_of(hint: Any) -> Any:
    """The type in an annotation, without its range and without None."""
    for part in (hint, *typing.get_args(hint)):
        if hasattr(part, "__metadata__"):
            return typing.get_args(part)[0]
    return hint


def ends(interval: Interval) -> tuple[float, float]:
    low, high = interval.text[1:-1].split(",")
    return float(low), float(high)


def inside(interval: Interval) -> list[float]:
    """Numbers in a range, with its ends where they belong to it."""
    low, high = ends(interval)
    low = low if math.isfinite(low) else -1.0
    width = high - low if math.isfinite(high) else 2.0
    numbers = [low + part * width for part in (0.25, 0.75)]
    if interval.text[0] == "[":
        numbers.append(low)
    if interval.text[-1] == "]" and math.isfinite(high):
        numbers.append(high)
    return numbers


def outside(interval: Interval, *, whole: bool) -> list[Any]:
    """Values that a range, of whole numbers or of any, does not hold."""
    low, high = ends(interval)
    values: list[Any] = [low - 1] + ([low] if interval.text[0] == "(" else [])
    if math.isfinite(high):
        values += [high + 1] + ([high] if interval.text[-1] == ")" else [])
    if whole:
        values = [int(value) for value in values] + [low + 1.5, low + 1.0, 2**70]
    return [*values, math.nan, math.inf, -math.inf, "abc", "", True, [low + 0.5], {"a": 1}, 1j]


def refused_values(hint: Any) -> dict[str, list[Any]]:
    """What an annotation does not allow: ".<index>" of the place that is refused -> values."""
    interval, base = interval_of(hint), base_of(hint)
    none = [] if type(None) in typing.get_args(hint) else [None]
    if typing.get_origin(base) is Literal:
        return {"": [*none, "", "abc", 1, True]}
    if interval is None:
        return {}
    if base == Scalars:
        lists = [[0.5, value] for value in outside(interval, whole=False)]
        return {"": [*none, "abc", 1.0, {"a": 1}, {1: 1}], ".1": lists}
    if base == Sequence[int]:
        return {"": [*none, "abc", 1, {"a": 1}], ".1": [[1, each] for each in (0, 1.5, "a", True)]}
    assert base in (int, float, Scalar), hint
    return {"": none + outside(interval, whole=base is int)}


def swept(group: str, name: str) -> dict[str, list[float]]:
    """Key -> values to try, for every number of a component that can be swept."""
    function = factory_of(group, name)
    tried = TRIED | (OF_HIDDEN if "n_hidden" in inspect.signature(function).parameters else {})
    found = {}
    for key in sweepable(function):
        argument, _, index = key.partition(".")
        hint = annotation(function, argument)
        interval = interval_of(element_of(hint) if index else hint)
        assert interval is not None, f"{key} has no range"
        found[f"{argument}.1" if index else key] = tried.get(argument, inside(interval))
    return found


# What the program supplies


def construct(group: str, node: Mapping[str, Any]) -> Any:
    return components.construct(EVERYTHING, group, node, supplied=supplies(group, node))


def supplies(group: str, node: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that the program supplies to a factory of a group."""
    kind = node["kind"]
    if kind == "rollouts":
        world = composed("environment", node["environment"]["kind"])
        return {"model": construct("model", world["model"])}
    if group == "data":
        directions = jnp.asarray(rows()[:5, :2])
        return {
            "examples": {"inputs": rows()},
            "members": described() if kind == "comparisons" else trained(),
            "directions": directions,
            "activations": texts.activations(),
        }
    if group == "regulariser":
        return {"members": trained()}
    if group == "asset":
        return {
            "registry": EVERYTHING,
            "transformers": texts.transformers(),
            "tokens": texts.tokens(),
        }
    if group == "init":
        known = np.eye(8, 5, dtype=np.float32)
        members = trained(construct("model", composed("model", "autoencoder")["model"]))
        return {"members": members, "features": {"features": known}}
    if group != "evaluation":
        return {}
    config = composed("evaluation", kind)
    return {
        "held_out": {"inputs": rows()[:, :5]},
        "model": construct("model", config["model"]),
        "source": construct("data", config["data"]),
        "activations": texts.activations(),
        "transformers": two_transformers(),
    }


@functools.cache
def two_transformers() -> Members:
    """One, and one of larger weights; constants of whatever program asks for them."""
    with jax.ensure_compile_time_eval():
        one = texts.read_transformers()
        params = jax.tree.map(lambda leaf: jnp.concatenate([leaf, 1.5 * leaf]), one.params)
        return one._replace(params=params)


def rows() -> np.ndarray:
    return np.random.default_rng(0).uniform(size=(3 * BATCH, 64)).astype(np.float32)


def trained(model: Model | None = None) -> Members:
    """Two models, of five features in two dimensions where nothing else is said."""
    model = models.autoencoder(n_features=5, n_hidden=2) if model is None else model
    params, state = jax.vmap(model.init)(jax.random.split(jax.random.key(0)))
    return Members(model, params, state)


def described() -> Members:
    """Two networks that tell nine concepts from five inputs."""
    return trained(models.mlp(n_features=5, n_hidden=3, n_outputs=9, bias=True, loss="binary"))


@functools.cache
def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="superpos-tests-"))


@functools.cache
def file_of_rows() -> dict[str, Any]:
    np.save(folder() / "rows.npy", rows())
    return {"path": str(folder() / "rows.npy")}


@functools.cache
def store_of_members() -> dict[str, str]:
    """Two models that are not trained, in a store."""
    config = composed("model", "autoencoder")
    node = {f"model.{key}": value for key, value in config["model"].items()}
    nested = {key: value for key, value in node.items() if isinstance(value, dict)}
    spec = {key: value for key, value in node.items() if key not in nested}
    spec |= {f"{key}.{k}": v for key, value in nested.items() for k, v in value.items()}

    def build(point: Mapping[str, Any]) -> Any:
        del point
        return training(
            model=construct("model", config["model"]),
            source=data.sparse_uniform(n_features=5, density=0.5),
            tx=optim.sgd(learning_rate=0.1),
            spec=FitSpec(n_steps=1, batch_size=1, log_every=1),
        )

    place = folder() / "members"
    sweep(build, key=jax.random.key(0), axes={"seed": [0, 1]}, store=place, spec=spec)
    return {"store": str(place)}


@functools.cache
def file_of_chapters() -> dict[str, Any]:
    """A novel of 20 chapters, and a tokeniser learned from it."""
    chapters = (f"Chapter {n}\n\n" + "one and two and three. " * (20 + n) for n in range(20))
    (folder() / "novel.txt").write_text("A NOVEL\n\n" + "\n".join(chapters))
    made = train_tokeniser(["one and two and three. "], n_tokens=260)
    (folder() / "tokenizer.json").write_text(made.to_json())
    return {"novel": str(folder() / "novel.txt"), "tokeniser": str(folder()), "n_tokens": 260}


PLACES: dict[str, Callable[[], dict[str, Any]]] = {
    "array": file_of_rows,
    "checkpoint": lambda: {"path": str(texts.CHECKPOINT)},
    "members": store_of_members,
    "tokens": file_of_chapters,
}
"""Loader -> where it finds something."""


# What a component computes, as a tree of arrays: the same whether its numbers are traced or not


def inputs(n: int) -> jax.Array:
    return jax.random.uniform(jax.random.key(1), (BATCH, n))


def drawn(source: Source, config: Mapping[str, Any], key: jax.Array, batch_size: int) -> Batch:
    """A batch, of a model at its start where the source reads one."""
    params = ()
    if source.environment is not None:
        params, _ = construct("model", config["model"]).init(jax.random.key(3))
    return draw(source, key, batch_size, params)


def use_source(source: Source, config: Mapping[str, Any]) -> Any:
    return drawn(source, config, jax.random.key(2), BATCH)


def use_environment(environment: Environment, config: Mapping[str, Any]) -> Any:
    """Episodes of random actions, without the third one, which ends an episode of `epochs`."""
    actions = jnp.array([each for each in range(environment.n_actions or 2) if each != 2])

    def act(key: jax.Array, observation: jax.Array) -> tuple[jax.Array, jax.Array]:
        shape = (environment.d_action,) if environment.d_action else ()
        return jax.random.choice(key, actions, shape), observation

    return jax.vmap(lambda key: play(environment, act, key))(jax.random.split(jax.random.key(8)))


def use_encoding(encoding: Encoding, config: Mapping[str, Any]) -> Any:
    return encoding.encode(encoding.init(jax.random.key(9)), jax.random.key(10), jnp.float32(3))


def batch_for(model: Model) -> Batch:
    """A batch of what a model says that it takes."""
    assert model.takes is not None
    x, y = (_drawn((BATCH, *each.shape), each.dtype) for each in model.takes)
    return Batch(inputs=x, targets=y, factors=x)


def _drawn(shape: Sequence[int], dtype: Any) -> jax.Array:
    """Numbers in [0, 1), or tokens that any vocabulary has."""
    if jnp.issubdtype(dtype, jnp.integer):
        return jax.random.randint(jax.random.key(1), shape, 0, 4, dtype)
    return jax.random.uniform(jax.random.key(1), shape, dtype)


def use_model(model: Model, config: Mapping[str, Any]) -> Any:
    params, state = model.init(jax.random.key(3))
    batch = batch_for(model)
    # These have hundreds of operations, alone as many programs: sparse autoencoders, transformers
    # and agents.
    large = state != () or jnp.issubdtype(batch.inputs.dtype, jnp.integer)
    large = large or model.policy is not None
    call: Any = jax.jit if large else lambda function: function
    loss = call(jax.value_and_grad(model.loss, has_aux=True))
    value = loss(params, state, batch, jax.random.key(4))
    return params, state, call(model.apply)(params, state, batch.inputs[0]), value


def use_dead(model: Model, config: Mapping[str, Any]) -> Any:
    """A sparse autoencoder of which some latents have not fired in the last update."""
    params, state = model.init(jax.random.key(3))
    silent = jnp.arange(state.silent.shape[0], dtype=state.silent.dtype) % 2
    batch = batch_for(model)
    loss = jax.jit(jax.value_and_grad(model.loss, has_aux=True))
    return loss(params, state.replace(silent=silent), batch, jax.random.key(4))


def takes_a_key(tx: Any) -> bool:
    return isinstance(tx, optax.GradientTransformationExtraArgs)


def use_optimiser(tx: Any, config: Mapping[str, Any]) -> Any:
    matrix = {"gram_sgd": "G", "sae_adam": "W_dec"}.get(config["optim"]["kind"], "W")
    params = {matrix: jnp.array([[0.3, -1.2], [0.7, 0.1]]), "b": jnp.array([0.5, -0.4])}
    opt_state, path = tx.init(params), []
    for step in range(3):
        grads = jax.tree.map(lambda leaf, step=step: jnp.sin(3 * leaf + step), params)
        noise = {"key": jax.random.key(step)} if takes_a_key(tx) else {}
        updates, opt_state = tx.update(grads, opt_state, params, **noise)
        params = jax.tree.map(jnp.add, params, updates)
        path.append(params)
    return path


def use_magnitude(magnitude: Any, config: Mapping[str, Any]) -> Any:
    return magnitude(inputs(2))


def use_schedule(schedule: Callable[[Any], Any], config: Mapping[str, Any]) -> Any:
    n_steps = config["fit"]["n_steps"]
    return [schedule(step) for step in (0, 1, n_steps // 3, n_steps - 1, n_steps)]


def use_evaluation(evaluation: Evaluation, config: Mapping[str, Any]) -> Any:
    params, state = construct("model", config["model"]).init(jax.random.key(5))
    # One of texts or comparisons has hundreds of operations, alone as many programs.
    large = config["data"]["kind"] in ("text_activations", "comparisons")
    measure = jax.jit(evaluation.measure) if large else evaluation.measure
    return measure(params, state, jax.random.key(6))


def use_asset(asset: Any, config: Mapping[str, Any]) -> Any:
    return jax.tree.leaves(asset.arrays)


def use_trigger(trigger: Any, config: Mapping[str, Any]) -> Any:
    return np.asarray([trigger.block, trigger.most(1000)])


def use_in_model(group: str) -> Callable[[Any, Mapping[str, Any]], Any]:
    """A component of a model, by what the model computes with it."""

    def use(component: Any, config: Mapping[str, Any]) -> Any:
        node = dict(config["model"])
        name = "regularisers" if group == "regulariser" else group
        inner = {
            each: construct(each, value)
            for each, value in node.items()
            if each in INSIDE and each != name and value is not None
        }
        given = {name: [component] if group == "regulariser" else component}
        several = {"regularisers": None} if "regularisers" in node else {}
        model = EVERYTHING["model"][node.pop("kind")](**{**node, **several, **inner, **given})
        return use_dead(model, config) if group == "dead" else use_model(model, config)

    return use


USES = {
    "data": use_source,
    "environment": use_environment,
    "encoding": use_encoding,
    "magnitude": use_magnitude,
    "model": use_model,
    **{group: use_in_model(group) for group in INSIDE},
    "optim": use_optimiser,
    "schedule": use_schedule,
    "evaluation": use_evaluation,
    "asset": use_asset,
    "trigger": use_trigger,
}


def build(group: str, name: str, changes: Mapping[str, Any]) -> Any:
    """The component of a YAML with some of its numbers replaced."""
    node = with_changes(node_of(group, name), changes, composed(group, name))
    return construct(group, node)


def with_changes(
    node: dict[str, Any], changes: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Lay values over a node; "name.2" replaces an element of a list that is there or all ones."""
    node = dict(node)
    for key, value in changes.items():
        name, _, index = key.partition(".")
        if index:
            values = list(node[name] or [1.0] * config["data"]["n_features"])
            values[int(index)] = value
            value = values
        node[name] = value
    return node


def measure(group: str, name: str, changes: Mapping[str, Any]) -> Any:
    return USES[group](build(group, name, changes), composed(group, name))
