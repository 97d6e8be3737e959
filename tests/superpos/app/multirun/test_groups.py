"""Which jobs one program can train, and their members as one sweep."""

import numpy as np
import pytest

from superpos.app.boundary import compose
from superpos.app.config.experiment import bind
from superpos.app.config.sweep_plan import ConfigError, flat_spec
from superpos.app.config.varying import is_scalar
from superpos.app.multirun import manifest
from superpos.app.multirun.groups import grouped, job_sweeps_of, numbered, rows_of, spread
from superpos.app.sweeping import sweep_arguments
from superpos.store.grid import make_grid


def units(*jobs):
    found = []
    for number, job in enumerate(jobs):
        config = compose(["experiment=train", *job.split()])
        found += job_sweeps_of(number, bind(config, trace=False)[0])
    return found


def groups(*jobs, swept=()):
    return grouped(units(*jobs), swept)


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("data.density", True),
        ("optim.learning_rate", True),
        ("model.importance_decay", True),
        ("data.n_features", False),
        ("model.activation", False),
        ("model.error.importance", False),  # null
        ("fit.n_steps", False),
        ("evaluations.loss.batch_size", False),
        ("optim.kind", False),
    ],
)
def test_a_number_typed_scalar_can_be_an_input(key, answer):
    assert is_scalar(compose(["experiment=train"]), key) is answer


@pytest.mark.parametrize(
    ("change", "n_groups"),
    [
        ("data.density=0.5", 1),
        ("optim.learning_rate=0.5", 1),
        ("seed=7", 1),
        ("engine.chunk=3", 1),
        ("title=other", 1),
        ("model.n_hidden=3", 2),
        ("model.activation=linear", 2),
        ("optim=sgd", 2),
        ("fit.n_steps=20000", 2),
        ("engine.rng=threefry", 2),
        ("engine.matmul_precision=high", 2),
        ("engine.own_starts=true", 2),
        ("model.error.importance=[1,1,1,1,2]", 2),
    ],
)
def test_jobs_share_a_program_when_they_differ_in_inputs_only(change, n_groups):
    assert len(groups("seed=3", change)) == n_groups


def test_members_are_told_apart_by_their_starts_only_where_those_are_their_own():
    [shared] = groups("engine.own_starts=false")
    [own] = groups("engine.own_starts=true")
    assert own.plan.spec == {**shared.plan.spec, "engine.own_starts": True}
    assert sweep_arguments(own.plan)["own_starts"] is True


def test_what_varies_or_is_swept_is_an_axis_and_the_seed_is_the_last():
    [group] = groups("data.density=0.1 seed=1", "data.density=0.2", swept=["optim.learning_rate"])
    assert group.names == ("data.density", "optim.learning_rate", "seed")
    assert [row[0] for row in group.rows] == [0.1, 0.2]
    assert [row[2] for row in group.rows] == [1, 0]
    assert group.plan.spec.keys() & {*group.names} == set()


def test_a_swept_key_has_the_same_program_whatever_its_value():
    names = [groups(f"data.density={value}", swept=["data.density"])[0].name for value in (0.1, 1)]
    assert names[0] == names[1]
    assert groups("data.density=0.1 model.n_hidden=3", swept=["data.density"])[0].name != names[0]


def test_a_member_that_several_jobs_ask_for_is_one_row():
    [group] = groups("seed=1", "seed=2", "seed=1", "title=x seed=2")
    assert len(group.rows) == 2
    assert [numbers for _, numbers in group.job_sweeps] == [[0], [1], [0], [1]]


def test_rows_have_the_numbers_that_were_written_and_differ_in_what_a_program_is_given():
    jobs = ("sweep.data.density=[0.1,0.3] seed=4294967295", "data.density=0.1", "data.density=1")
    [group] = groups(*jobs)
    assert group.rows == [(0.1, 2**32 - 1), (0.3, 2**32 - 1), (0.1, 0), (1, 0)]
    rows = [(0.1, 5), (float(np.float32(0.1)), 6), (0.1 + 1e-9, 5)]
    assert numbered(("data.density", "seed"), rows) == (
        [(0.1 + 1e-9, 5), (0.1 + 1e-9, 6)],
        [0, 1, 0],
    )


def test_labels_of_a_multirun_that_are_one_number_are_refused_before_training(tmp_path):
    jobs = ("data.density=0.1", "data.density=0.100000001 model.n_hidden=3")
    configs = [compose(["experiment=train", *job.split()]) for job in jobs]
    with pytest.raises(ConfigError, match=r"^data.density: \[0.1, 0.100000001\] is one number"):
        manifest.update(tmp_path, groups(*jobs), configs, ["data.density"])
    assert not [*tmp_path.iterdir()]


def test_axes_inside_a_job_multiply_with_those_of_the_multirun():
    sweep = "sweep.seed=[4,5] sweep.data.density=[0.25,0.5]"
    [group] = groups(*(f"{sweep} optim.learning_rate={rate}" for rate in (0.5, 0.25)))
    assert len(group.rows) == 8
    (first, of_first), (second, of_second) = group.job_sweeps
    assert (of_first, of_second) == ([0, 1, 2, 3], [4, 5, 6, 7])
    # In the order of each job's own grid: seed outside, density inside, as it was written.
    values = [dict(zip(group.names, group.rows[number], strict=True)) for number in of_second]
    assert [value["optim.learning_rate"] for value in values] == [0.25] * 4
    grid = make_grid(second.plan.axes, second.plan.zipped)
    expected = spread(grid, second.plan.axes)
    for key in ("seed", "data.density"):
        assert [value[key] for value in values] == expected[key]


def test_a_derived_number_that_varies_with_a_key_is_an_axis_too():
    jobs = ("optim.learning_rate=0.5", "optim.learning_rate=0.25")
    [group] = groups(*(f"{job} model.init.init_scale=${{optim.learning_rate}}" for job in jobs))
    assert group.names == ("model.init.init_scale", "optim.learning_rate", "seed")


def test_every_member_of_a_group_trains_as_its_own_job_says():
    jobs = ("data.density=0.1 seed=5", "optim.learning_rate=0.3 seed=6")
    [group] = groups(*jobs)
    for (unit, numbers), row in zip(group.job_sweeps, group.rows, strict=True):
        assert [group.rows[number] for number in numbers] == [row]
        spec = flat_spec(unit.plan.config)
        assert rows_of(unit.plan, spec, group.names) == [row]


def test_variants_are_units_of_one_job():
    found = units("experiment=elhage/demonstrating")
    assert {unit.number for unit in found} == {0}
    assert len({unit.variant for unit in found}) == len(found) > 1
