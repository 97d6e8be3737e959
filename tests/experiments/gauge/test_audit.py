"""The audit of stored models: who moves is told, a docstring that lies is found out."""

import numpy as np
import pytest
import xarray
from matplotlib.backends.backend_agg import FigureCanvasAgg

from experiments.gauge.audit import figures
from experiments.gauge.audit.claims import disagreements, judge, unexpected
from experiments.gauge.audit.figures import draw, tables
from experiments.gauge.audit.measure import CONTROL, Audits, Cell, audit_model, measure
from superpos import metrics
from superpos.train import NoMemberError
from tests.stored import config_text

N, M = 5, 3
TIED = {"kind": "autoencoder", "hidden_activation": "linear"}
UNTIED = {"kind": "computation", "bias": False}
UNSEEN = "component_ranks stays under unit rescaling"
"""What weights of so few features cannot show."""


def stored(config, names, status=("ok", "ok")):
    """Random weights as a sweep over two seeds would have left them."""
    random = np.random.default_rng(0)
    arrays = {
        name: (("seed", "feature", "hidden"), random.normal(size=(2, N, M))) for name in names
    }
    arrays |= {"b": (("seed", "feature"), -0.1 * random.uniform(size=(2, N)))}
    arrays |= {"status": (("seed",), np.array(status))}
    sizes = {"data.n_features": N, "model.n_hidden": M}
    changes = {f"model.{name}": value for name, value in config.items() if name != "kind"}
    text = config_text(f"model={config['kind']}", **sizes, **changes)
    return xarray.Dataset(arrays, attrs={"config": text})


@pytest.fixture(scope="module")
def audits():
    datasets = {"tied": stored(TIED, ["W"]), "untied_no_bias": stored(UNTIED, ["W_in", "W_out"])}
    return measure(datasets)


def by_key(verdicts):
    return {each.claim.id.removeprefix("gauge/audit/"): each for each in verdicts}


@pytest.mark.slow
def test_who_moves_is_told(audits):
    assert unexpected(audits) == []
    assert disagreements(audits) == [UNSEEN]
    untied = audits.cells["untied_no_bias"]
    units = untied["unit rescaling"]
    assert units["feature_dimensionality"].verdict == units[CONTROL].verdict == "not invariant"
    assert units["frame_operator"].verdict == "equivariant"
    assert untied["scale of W_in"]["capacity"].verdict == "invariant"
    found = by_key(judge(audits))
    assert found["stated"].measured == 1
    assert found["per_dimension_scaled"].reproduced
    assert found["per_dimension_basis"].reproduced is None  # no such model here


@pytest.mark.slow
def test_a_docstring_that_lies_is_found_out(audits, monkeypatch):
    section = "\n    Gauge:\n        invariant under {}.\n    "
    more = section.format("rotation, unit permutation, scale of W")
    monkeypatch.setattr(metrics.feature_norms, "__doc__", more)
    less = section.format("rotation")
    monkeypatch.setattr(metrics.capacity, "__doc__", less)
    assert disagreements(audits) == [
        "capacity stays under scale of W",
        "capacity stays under unit permutation",
        UNSEEN,
        "untied_no_bias, scale of W_in, feature_norms: not invariant",
    ]
    assert by_key(judge(audits))["stated"].measured == 4


def test_a_model_without_the_symmetry_is_found_out():
    privileged = stored(TIED | {"hidden_activation": "relu"}, ["W"])
    found = unexpected(Audits({"tied": audit_model(privileged)}))
    assert found == [
        "tied, rotation: preserves None, not outputs",
        "tied, signed permutation: preserves None, not outputs",
    ]


def test_the_findings_are_a_figure_and_a_table_for_each_model(tmp_path):
    measured = measure({"tied": stored(TIED, ["W"], ("ok", "diverged"))})
    figures = draw(measured, tmp_path)
    assert [(tmp_path / each.name).exists() for each in figures] == [True]
    [table] = tables(measured)
    assert table.header == ["metric", "rotation", "signed permutation", "unit permutation"]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["capacity"] == ["invariant"] * 3
    assert rows[CONTROL][0].startswith("changes by") and rows[CONTROL][1:] == ["invariant"] * 2


def test_names_of_models_lie_beside_each_other(tmp_path, monkeypatch):
    """The longest name of a model with one symmetry, between two others."""
    drawn = []
    monkeypatch.setattr(figures, "save", lambda figure, path: drawn.append(figure))
    cells = {"capacity": Cell("loss", 0.9, "not invariant")}
    sizes = {"tied_no_bias": 4, "privileged": 1, "untied_linear": 3, "untied": 2}
    draw(Audits({m: {f"{at}": cells for at in range(n)} for m, n in sizes.items()}), tmp_path)
    [figure] = drawn
    FigureCanvasAgg(figure).draw()
    names = [text for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    boxes = [name.get_window_extent() for name in names]
    assert len(boxes) == 4 and {name.get_rotation() for name in names} == {0}
    assert all(a.x1 < b.x0 for a, b in zip(boxes, boxes[1:], strict=False))


def test_no_finished_member_is_told():
    with pytest.raises(NoMemberError, match="no finished member"):
        audit_model(stored(TIED, ["W"], ("diverged", "diverged")))
