"""Bad input on the command line: exit code 2 and one line per problem, before any compile.

The catalogue is section 5 of the project's notes on reliability. Each case runs the program's own
`main` in this process, and a few run it as a user does.
"""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.registry import REGISTRY
from superpos.app import command as program
from superpos.app.boundary import experiments

ROOT = Path(__file__).resolve().parents[3]
Refuse = Callable[..., list[str]]

COUNT = "expected an integer in [1, 2147483647]"
COUNT_OR_ZERO = "expected an integer in [0, 2147483647]"
SEED = "expected an integer in [0, 4294967295]"
DENSITY = "expected a number in (0, 1]"
POSITIVE = "expected a number in (0, inf)"
MOST_LINES = 20
ALL = ", ".join(experiments())
SOURCES = ", ".join(REGISTRY["data"])


@pytest.fixture
def refuse(
    as_new_process: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refuse:
    """Run a command line that is to be refused, and give its lines without `superpos: `."""
    monkeypatch.setattr(os, "_exit", lambda code: pytest.fail(f"os._exit({code})"))
    for name in ("superpos.engine.launch", "superpos.engine.program"):
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "compile_chunk", lambda *args, **kw: pytest.fail("compiled"))

    def run(*words: str, quiet: bool = True) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["experiments", *words])
        code = program.main()
        out, err = capsys.readouterr()
        assert code == 2
        assert out == "" or not quiet
        lines = err.splitlines()
        assert all(line.startswith("superpos: ") for line in lines), err
        return [line.removeprefix("superpos: ") for line in lines]

    return run


def written(folder: Path) -> dict[str, bytes]:
    """Files below a folder, but for what Hydra notes down and for locks."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".hydra" not in path.parts and path.name != ".lock"
    }


def case(words: str, *lines: str) -> Any:
    """A command line, a word per `;`, and how each line of the complaint starts."""
    return pytest.param(words.split(";"), list(lines), id=words)


VALUES = [
    # The probability that a feature is there.
    case("data.density=0", f"data.density=0: {DENSITY}"),
    case("data.density=-0.1", f"data.density=-0.1: {DENSITY}"),
    case("data.density=1.5", f"data.density=1.5: {DENSITY}"),
    case("data.density=nan", f"data.density=nan: {DENSITY}"),
    case("data.density=abc", f"data.density='abc': {DENSITY}"),
    case("data.density=", f"data.density='': {DENSITY}"),
    case("data.density={a:1}", "data.density={'a': 1}: " + DENSITY),
    # Learning rate and the rest of the optimiser.
    case("optim.learning_rate=nan", f"optim.learning_rate=nan: {POSITIVE}"),
    case("optim.learning_rate=inf", f"optim.learning_rate=inf: {POSITIVE}"),
    case("optim.learning_rate=0", f"optim.learning_rate=0: {POSITIVE}"),
    case("optim.learning_rate=-0.01", f"optim.learning_rate=-0.01: {POSITIVE}"),
    case("optim.learning_rate=abc", f"optim.learning_rate='abc': {POSITIVE}"),
    case("optim.b1=1", "optim.b1=1: expected a number in [0, 1)"),
    case("optim.eps=0", f"optim.eps=0: {POSITIVE}"),
    case("optim.schedule=3", "optim.schedule=3: expected a component with a kind"),
    # Sizes.
    case("model.n_hidden=0", f"model.n_hidden=0: {COUNT}"),
    case("model.n_hidden=5.0", f"model.n_hidden=5.0: {COUNT}"),
    case("model.n_hidden=true", f"model.n_hidden=True: {COUNT}"),
    case("model.n_hidden=-1", f"model.n_hidden=-1: {COUNT}"),
    case("model.n_hidden='5'", f"model.n_hidden='5': {COUNT}"),
    case(f"model.n_hidden={10**30}", f"model.n_hidden={10**30}: {COUNT}"),
    case(
        "model.activation=rele",
        "model.activation='rele': expected one of relu, linear, gelu; did you",
    ),
    case("model.importance_decay=-0.5", f"model.importance_decay=-0.5: {POSITIVE}"),
    case(
        "model.error.importance=[1,1,1,1,-1]",
        "model.error.importance.4=-1: expected a number in [0, inf)",
    ),
    case(
        "model.error.importance={1:1}", "model.error.importance={1: 1}: expected a list of numbers"
    ),
    # Length of a run.
    case("fit.n_steps=1e4", "fit.n_steps=10000.0: expected an integer"),
    case("fit.n_steps=-1", f"fit.n_steps=-1: {COUNT_OR_ZERO}"),
    case(f"fit.n_steps={2**31}", f"fit.n_steps={2**31}: {COUNT_OR_ZERO}"),
    case("fit.batch_size=0", f"fit.batch_size=0: {COUNT}"),
    case("fit.batch_size=1.5", "fit.batch_size=1.5: expected an integer"),
    case("fit.log_every=7", "fit.log_every=7: expected a divisor of n_steps=10000"),
    case("fit.log_every=0", f"fit.log_every=0: {COUNT}"),
    case("fit.log_every=null", "fit.log_every=None: expected an integer"),
    case("evaluations.loss.batch_size=0", f"evaluations.loss.batch_size=0: {COUNT}"),
    case("evaluations.loss.n_batches=1", "evaluations.loss.n_batches=1: expected an integer in [2"),
    case("+evaluations.loss.common=1", "evaluations.loss.common=1: expected true"),
    # Seeds.
    case("seed=-1", f"seed=-1: {SEED}"),
    case(f"seed={2**32}", f"seed={2**32}: {SEED}"),
    case("seed=1.5", f"seed=1.5: {SEED}"),
    case("seed=abc", f"seed='abc': {SEED}"),
    # The engine.
    case("engine.chunk=0", "engine.chunk=0: expected an integer in [1, 4000000]"),
    case("engine.measure_width=1", "engine.measure_width=1: expected true"),
    case("engine.memory_fraction=2", f"engine.memory_fraction=2: {DENSITY}"),
    case(
        "engine.checkpoint_seconds=-1",
        "engine.checkpoint_seconds=-1: expected a number in [0, inf)",
    ),
    case("engine.kernel=palas", "engine.kernel='palas': expected one of xla, pallas; did you mean"),
    case("engine.matmul_precision=abc", "engine.matmul_precision='abc': expected"),
    case("engine.allow_numerics_change=1", "engine.allow_numerics_change=1: expected true"),
]
"""Each is told whatever else is wrong."""
TOGETHER = [
    case("schedule=linear;schedule.final=2", "optim.schedule.final=2: expected a number in [0, 1]"),
    case(
        "schedule=cosine;schedule.warmup_steps=10000",
        "optim.schedule.warmup_steps=10000: expected fewer than n_steps=10000",
    ),
    case("model.n_features=3", "model.n_features=3: expected"),
    case("model.importance_decay=1e30", "model.importance_decay=1e+30: expected"),
    case(
        "model.error.importance=[0,0,0,0,0]",
        "model.error.importance: all zero, expected at least one",
    ),
    case("model.error.importance=[1,1]", "model.error.importance has 2 values: expected"),
    case(
        "init@model.init=polygon;model.n_hidden=3", "model.init=polygon: expected n_hidden=2, not 3"
    ),
    case(
        "init@model.init=rescaled", "model.init=rescaled: expected a model with the parameters W_in"
    ),
    case("model=computation;init@model.init=rotated", "model.init=rotated: expected a model with"),
    case(
        "model=computation;+regulariser@model.regularisers=attack",
        "regularisers.attack: expected a model with tied weights W",
    ),
    case(
        "engine.kernel=pallas;fit.batch_size=100", "engine.kernel=pallas: expected fit.batch_size"
    ),
    case("engine.kernel=pallas;engine.rng=threefry", "engine.kernel=pallas: expected engine.rng="),
    case("dims.W=[a]", "dims.W=[a]: unknown key; models and evaluations name the dimensions"),
    case("probe.batch_size=8", "probe.batch_size=8: unknown key; it is evaluations now"),
    case("probe=loss", "probe=loss: unknown key; it is evaluations now"),
]
"""What is told once each value is right by itself."""
UNKNOWN = [
    case("data.densty=0.5", "data.densty=0.5: unknown key; did you mean data.density?"),
    case("model.n_hiden=3", "model.n_hiden=3: unknown key; did you mean model.n_hidden?"),
    case("lrr=3", "lrr=3: unknown key"),
    case("+foo=1", "foo"),
    case(
        "+model.n_hiden=3",
        "model.n_hiden: unknown, model autoencoder takes n_features, n_hidden, importance_decay,",
    ),
    case("+engine.foo=1", "engine.foo: unknown"),
    case("+fit.n_stepz=3", "fit.n_stepz: unknown; did you mean n_steps?"),
    case(
        "+data._target_=os.system",
        "data._target_: unknown, data sparse_uniform takes n_features, density",
    ),
    case("+analysis._target_=os.system", "analysis._target_: unknown, analysis train"),
    case("data.kind=dense", f"data.kind='dense': expected one of {SOURCES}"),
    case("data.kind=[]", f"data.kind=[]: expected one of {SOURCES}"),
    case(
        "optim=adamm",
        f"optim=adamm: expected one of {', '.join(REGISTRY['optim'])}; did you mean adam?",
    ),
    case(
        "init@model.init=glorott",
        f"init@model.init=glorott: expected one of {', '.join(REGISTRY['init'])}; did you mean"
        " glorot?",
    ),
    case(
        "+regulariser@model.regularisers=[noise,nois]",
        "+regulariser@model.regularisers=[noise,nois]: expected one of attack, l1_code, l1_weights",
    ),
    case(
        "+model.regularisers.nois.noise_scale=1",
        "model.regularisers.nois: unknown, expected one of attack, l1_code, l1_weights, noise; did",
    ),
    case(
        "+model.regularisers.noise.noise_scale=-1",
        "model.regularisers.noise.noise_scale=-1: expected a number in [0, inf)",
    ),
    case(
        "model.regularisers=noise", "model.regularisers='noise': expected arguments for each kind"
    ),
    case("schedule=step", "schedule=step: expected one of constant, cosine, linear"),
    case("analysis.kind=elhage/intr", "analysis.kind='elhage/intr': expected one of train, "),
    case("~data.densty", "data.densty"),
    case("~engine", "engine"),
    case("engine=null", "engine=None: expected"),
    case("data=null", "data"),
    case("sweep=[1]", "sweep"),
    case("variants=abc", "variants='abc': expected"),
    case("data.density", "data.density"),
    case("data.density=[1", "data.density=[1"),
    case("data.density=${foo}", "data.density"),
    case("+data.density=1", "data.density"),
]
AXES = [
    case("sweep.data.density=[]", "sweep.data.density=[]: empty axis, expected one or more values"),
    case("sweep.seed={range:0}", "sweep.seed=[{'range': 0}]: empty axis, expected one"),
    case("sweep.seed={range:1.5}", "sweep.seed.range=1.5: expected one to three integers"),
    case("sweep.seed={rnge:3}", "sweep.seed.rnge: unknown"),
    case("sweep.data.density=0.5", "sweep.data.density=0.5: expected a list or a generator"),
    case("sweep.data.density=[0.5,2]", f"sweep.data.density=2: {DENSITY}"),
    case("sweep.data.density=[0.5,0.5]", "sweep.data.density: [0.5] appears twice, expected"),
    case("sweep.data.density={linspace:[0,1]}", "sweep.data.density.linspace=[0, 1]: expected"),
    case("sweep.data.density={linspace:[0,1,3]}", f"sweep.data.density=0.0: {DENSITY}"),
    case("sweep.data.density={logspace:[0,1,3]}", "sweep.data.density.logspace=[0, 1, 3]: "),
    case("sweep.seed=[-1]", f"sweep.seed=-1: {SEED}"),
    case("sweep.seed=[1.0]", f"sweep.seed=1.0: {SEED}"),
    case("sweep.data.densty=[1]", "sweep.data.densty: unknown; did you mean density?"),
    case("+sweep.data.densty=[1]", "sweep.data.densty: unknown; did you mean density?"),
    case("+sweep.foo=[1]", "sweep.foo: unknown, expected seed or a key of the config"),
    case(
        "+sweep.model.error.importance.2=[1]",
        "sweep.model.error.importance.2: model.error.importance has no",
    ),
    case(
        "+sweep.model.regularisers.noise.noise_scale=[0.1]",
        "sweep.model.regularisers.noise.noise_scale: unknown, expected seed or a key of the config",
    ),
    case(
        "zipped=[[data.density,optim.learning_rate]];sweep.data.density=[0.1,0.2]"
        ";sweep.optim.learning_rate=[0.1,0.2,0.3]",
        "zipped",
    ),
    case("zipped=[[data.density,optim.eps]]", "zipped"),
    case("zipped=[data.density];sweep.data.density=[0.1,0.2]", "zipped=['data.density']: expected"),
    case("zipped=null", "zipped=None: expected"),
]
STATIC = [
    case("+sweep.model.n_hidden=[2,0]", f"sweep.model.n_hidden=0: {COUNT}"),
    case("+sweep.model.n_hidden=[2,2]", "sweep.model.n_hidden: [2] appears twice, expected"),
    case("+sweep.model.n_hiden=[2]", "sweep.model.n_hiden: unknown; did you mean n_hidden?"),
    case("+sweep.model.activation=[rele]", "sweep.model.activation='rele': expected one of relu"),
    case("+sweep.model.error.importance=[[1,2]]", "sweep.model.error.importance=[1, 2]: expected"),
    case("+sweep.optim.kind=[adam,adamm]", "sweep.optim.kind='adamm': expected one of adam, "),
    case("+sweep.optim.kind=[adam,sgld]", "optim.inverse_temperature: missing"),
    case("+sweep.optim.kind=[adam,sgd];+sweep.optim.b1=[0.9]", "sweep.optim.b1: unknown"),
    case("+sweep.fit.n_steps=[2000,7]", "fit.log_every=1000: expected a divisor of n_steps=7"),
    case("+sweep.fit.n_stepz=[1]", "sweep.fit.n_stepz: unknown; did you mean n_steps?"),
    case("+sweep.model.n_features=[5,10]", "sweep.model.n_features=10: expected data."),
    case("+sweep.model.n_hidden={range:[1,300]}", "sweep: more than 256 programs, one for each"),
    case("sweep.schedule.final=[0.1]", "sweep.schedule"),
    case("+sweep.engine.rng=[threefry]", "sweep.engine.rng: unknown, expected seed or a key"),
    case(
        "+sweep.model.n_hidden=[2,0,3];sweep.data.density=[0.5,2]",
        f"sweep.data.density=2: {DENSITY}",
        f"sweep.model.n_hidden=0: {COUNT}",
    ),
]
TABLES = [
    case("points=3", "points=3: expected a list of rows"),
    case("points=[3]", "points.0=3: expected each key once"),
    case("points=[{}]", "points.0={}: expected each key once"),
    case("points=[{seed:1},{}]", "points.1={}: expected each key once"),
    case(
        "points=[{seed:1,data.density:0.5},{seed:2}]",
        "points.1.data.density: missing, expected as in the rows above",
    ),
    case(
        "points=[{data.density:0.5},{data.density:0.6,seed:1}]",
        "points.1.seed: not in the rows above",
    ),
    case(
        "points=[{model.n_hidden:2},{model.n_hiden:3}]",
        "points.1.model.n_hiden: not in the rows above; did you mean model.n_hidden?",
    ),
    case("points=[{model.n_hiden:2}]", "points.model.n_hiden: unknown; did you mean n_hidden?"),
    case("points=[{data.density:2}]", f"points.data.density=2: {DENSITY}"),
    case("points=[{model.n_hidden:0}]", f"points.model.n_hidden=0: {COUNT}"),
    case("points=[{seed:1},{seed:1}]", "points.seed: [1] appears twice, expected"),
    case("points=[{model.n_hidden:2},{model:{n_hidden:2}}]", "points.model.n_hidden: [2] appears"),
    case("points=[{seed:1}];sweep.seed=[1,2]", "points.seed: in sweep too, expected once"),
    case(
        "points=[{seed:1,data.density:0.5},{seed:2,data.density:1}]"
        ";sweep.optim.learning_rate=[0.1,0.2];zipped=[[seed,optim.learning_rate]]",
        "zipped=['seed', 'data.density']: expected names of axes, each in one group",
    ),
]


def packed(cases: list[Any]) -> list[dict[str, str]]:
    """Word -> line, in as few command lines as name each key once; of `fit` one error is told."""
    packs: list[dict[str, dict[str, str]]] = []
    for [word], [line] in (case.values for case in cases):
        key = "fit" if word.startswith("fit.") else word.partition("=")[0]
        pack = next((pack for pack in packs if key not in pack and len(pack) < MOST_LINES), None)
        if pack is None:
            packs.append(pack := {})
        pack[key] = {word: line}
    return [{word: line for one in pack.values() for word, line in one.items()} for pack in packs]


@pytest.mark.parametrize("pack", packed(VALUES), ids=lambda pack: ";".join(pack))
def test_each_bad_value_is_a_line(refuse: Refuse, tmp_path: Path, pack: dict[str, str]) -> None:
    lines = refuse("experiment=train", "output_dir=out", *pack)
    assert len(lines) == len(pack)
    missing = [
        start for start in pack.values() if not any(line.startswith(start) for line in lines)
    ]
    assert missing == []
    assert written(tmp_path) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("words", "starts"), [*TOGETHER, *UNKNOWN, *AXES, *STATIC, *TABLES])
def test_bad_input_is_refused_in_one_line(
    refuse: Refuse, tmp_path: Path, words: list[str], starts: list[str]
) -> None:
    lines = refuse("experiment=train", "output_dir=out", *words)
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start) or (":" not in start and start in line)
    assert written(tmp_path) == {}


def test_zipped_axes_of_different_lengths_are_both_named(refuse: Refuse) -> None:
    axes = ("sweep.data.density=[0.1,0.2]", "sweep.optim.learning_rate=[0.1,0.2,0.3]")
    zipped = "zipped=[[data.density,optim.learning_rate]]"
    [line] = refuse("experiment=train", "output_dir=out", zipped, *axes)
    assert "data.density has 2" in line and "optim.learning_rate has 3" in line


def test_every_problem_is_listed_at_once(refuse: Refuse) -> None:
    words = ("model.n_hidden=0", "data.density=7", "optim.learning_rate=-1", "fit.n_steps=-1")
    more = ("seed=-4", "engine.chunk=0", "sweep.model.init.init_scale=[0]", "+foo=1")
    lines = refuse("experiment=train", "output_dir=out", *words, *more)
    assert sorted(line.split("=")[0].split(":")[0] for line in lines) == sorted(
        word.split("=")[0].lstrip("+") for word in (*words, *more)
    )


def test_no_more_than_twenty_lines(refuse: Refuse) -> None:
    words = [f"+data.foo{number}=1" for number in range(30)]
    lines = refuse("experiment=train", "output_dir=out", *words)
    assert len(lines) in (20, 21)  # the last may say how many there are besides
    assert lines[0].startswith("data.foo0: unknown")


def test_without_an_experiment_the_config_is_trained_and_checked(
    refuse: Refuse, tmp_path: Path
) -> None:
    assert refuse("data.density=3") == ["data.density=3: expected a number in (0, 1]"]
    assert not list(tmp_path.rglob("sweep.json"))


@pytest.mark.parametrize("name", ["foo", "elhage/phase_chang", "elhage", "../config", "", "3"])
def test_unknown_experiment_lists_all(refuse: Refuse, name: str, tmp_path: Path) -> None:
    [line] = refuse(f"experiment={name}")
    close = "; did you mean elhage/phase_change?" if name == "elhage/phase_chang" else ""
    assert line.startswith(f"experiment={name}: expected one of {ALL}{close}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below", "file/far/below"])
def test_output_folder_that_cannot_be_made(refuse: Refuse, place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    [line] = refuse("experiment=train", f"output_dir={place}")
    assert line.startswith("output_dir=file")
    assert "expected a folder to write to" in line
    assert written(tmp_path) == {"file": b"mine"}


@pytest.mark.parametrize("words", ["output_dir=", "output_dir=null", "output_dir=[a]"])
def test_output_folder_that_is_no_name(refuse: Refuse, words: str, tmp_path: Path) -> None:
    [line] = refuse("experiment=train", words)
    assert "output_dir" in line
    assert written(tmp_path) == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_output_folder_without_permission(refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    [line] = refuse("experiment=train", "output_dir=closed/out")
    assert line.startswith("output_dir=closed/out: expected a folder to write to (Permission")


def make_store(folder: Path, **spec: Any) -> None:
    """The header of a sweep, as another experiment would have left it."""
    from superpos.store import files

    (folder / "sweep" / "chunks").mkdir(parents=True)
    header = {
        "spec": {"data.density": 1, "key": [0, 0], **spec},
        "axes": {"seed": [0]},
        "zipped": [],
        "fit": {"n_steps": 2, "log_every": 1, "batch_size": 8},
        "schema": {"diverged_step": {"shape": [], "dtype": "int32", "dims": []}},
        "coordinates": {"step": [1, 2]},
        "width": [1, 1],
        "fingerprint": {"jax": "0"},
    }
    files.write_header(folder / "sweep", header)
    (folder / "config.yaml").write_text("title: another run\n")
    (folder / "index.html").write_text("<p>another run")


def test_output_folder_of_another_sweep_is_left_alone(refuse: Refuse, tmp_path: Path) -> None:
    make_store(tmp_path / "out", **{"data.density": 0.25})
    before = written(tmp_path)
    [line] = refuse("experiment=train", "output_dir=out", quiet=False)
    assert line.startswith("out/sweep: holds a sweep with data.")
    assert "choose another folder" in line
    assert written(tmp_path) == before


@pytest.mark.slow
def test_damaged_header_is_refused_and_left_alone(refuse: Refuse, tmp_path: Path) -> None:
    make_store(tmp_path / "out")
    path = tmp_path / "out" / "sweep" / "sweep.json"
    path.write_text(path.read_text()[:-40])
    before = written(tmp_path)
    [line] = refuse("experiment=train", "output_dir=out", quiet=False)
    assert line.startswith("out/sweep/sweep.json: damaged")
    assert written(tmp_path) == before


def test_multirun_refuses_each_job_in_a_line(refuse: Refuse, tmp_path: Path) -> None:
    lines = refuse("-m", "experiment=train", "model.n_hidden=0,-1", "data.density=0.5")
    assert lines == [f"model.n_hidden=0: {COUNT}", f"model.n_hidden=-1: {COUNT}"]
    assert "sweep.json" not in str(written(tmp_path))


# As a user does it.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (
            ["experiment=train", "data.densty=1"],
            ["data.densty=1: unknown key; did you mean data.density?"],
        ),
        (
            ["experiment=train", "seed=1.5", "fit.batch_size=0"],
            [f"seed=1.5: {SEED}", f"fit.batch_size=0: {COUNT}"],
        ),
    ],
)
def test_bad_input_from_a_shell(tmp_path: Path, words: list[str], lines: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "experiments", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [f"superpos: {line}" for line in lines]
    assert written(tmp_path) == {}
