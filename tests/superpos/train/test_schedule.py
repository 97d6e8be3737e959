"""When a run is measured: blocks, steps and dimensions, by hand."""

import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.train import FitSpec, training
from superpos.train.schedule import Schedule, block_of, due_for, schedule_of
from superpos.types import Evaluation, Measure, Trigger
from tests.superpos.toys import position, pulled


def never(step, measured):
    return False


def spec(n_steps=12, log_every=6, **changes):
    return FitSpec(n_steps=n_steps, batch_size=1, log_every=log_every, **changes)


def trigger(block=2, most=3, due=never):
    return Trigger(due, lambda n_steps: most, block)


@pytest.mark.parametrize(
    ("everies", "block"),
    [
        ([], 6),
        ([None], 6),
        ([6], 6),
        ([12], 6),
        ([2], 2),
        ([4], 2),
        ([5], 1),
        ([3, 2], 1),
        ([9, 12], 3),
        ([trigger(block=3)], 3),
        ([trigger(block=4), 6], 2),
    ],
)
def test_a_block_is_the_greatest_common_divisor_of_all_times(everies, block):
    evaluations = {f"e{i}": position(every=every) for i, every in enumerate(everies)}
    assert block_of(spec(), evaluations) == block


def test_what_is_measured_once_the_run_is_stored_makes_no_blocks():
    assert block_of(spec(), {"scores": position(every=1, after=True)}) == 6


@pytest.mark.parametrize(
    ("evaluation", "words"),
    [
        ({"every": 0}, "evaluations.e.every=0: expected an integer in"),
        ({"every": -3}, "evaluations.e.every=-3: expected an integer in"),
        ({"every": 2.0}, "evaluations.e.every=2.0: expected an integer in"),
        ({"every": True}, "evaluations.e.every=True: expected an integer in"),
        ({"every": "often"}, "evaluations.e.every='often': expected an integer in"),
        ({"every": trigger(block=0)}, "evaluations.e.every=0: expected an integer in"),
        ({"every": trigger(most=-1)}, "evaluations.e.most=-1: expected an integer in [0"),
        ({"every": trigger(most=2.0)}, "evaluations.e.most=2.0: expected an integer in [0"),
        ({"every": 14}, "evaluations.e.every=14: expected at most n_steps=12, or at_end"),
        ({"every": 3}, "evaluations.e.every=3: expected a multiple of updates_per_draw=2"),
    ],
)
def test_times_that_cannot_be_are_refused_in_one_line(evaluation, words, one_line):
    with pytest.raises(ArgumentError) as refusal:
        block_of(spec(updates_per_draw=2), {"e": position(**evaluation)})
    assert one_line(refusal, words)


def test_a_time_beyond_the_end_is_let_be_where_the_end_is_measured_or_nothing_is_trained():
    assert block_of(spec(), {"e": position(every=13, at_end=True)}) == 1
    assert block_of(spec(n_steps=0), {"e": position(every=13)}) == 1


def measured(every, *, at_end=False, at_start=False, n_steps=12):
    return Schedule(spec(n_steps), 1, {"e": Measure(lambda carry: {}, every, at_end, at_start)})


@pytest.mark.parametrize(
    ("every", "at_end", "steps"),
    [
        (5, False, [5, 10]),
        (5, True, [5, 10, 12]),
        (4, True, [4, 8, 12]),
        (12, True, [12]),
        (20, True, [12]),
        (20, False, []),
    ],
)
def test_the_steps_of_an_evaluation(every, at_end, steps):
    schedule = measured(every, at_end=at_end)
    assert schedule.steps("e") == steps
    assert schedule.most("e") == len(steps)
    assert [step for step in range(1, 13) if schedule.is_due("e", step)] == steps
    assert schedule.coordinates() == {"step": [6, 12], "step_e": steps}
    assert schedule.dim("e") == "step_e"


@pytest.mark.parametrize(("every", "steps"), [(5, [0, 5, 10]), (6, [0, 6, 12]), (12, [0, 12])])
def test_the_start_is_a_step_of_an_evaluation_that_asks_for_it(every, steps):
    """So it has steps of its own, even where it is measured after each log_every besides."""
    schedule = measured(every, at_start=True)
    assert schedule.steps("e") == steps
    assert schedule.most("e") == len(steps)
    assert [step for step in range(13) if schedule.is_due("e", step)] == steps
    assert schedule.coordinates() == {"step": [6, 12], "step_e": steps}
    assert measured(trigger(most=3), at_start=True, at_end=True).most("e") == 5


def test_a_run_without_updates_has_no_start_to_be_measured():
    assert measured(6, at_start=True, n_steps=0).steps("e") == []
    assert measured(trigger(most=3), at_start=True, n_steps=0).most("e") == 3


@pytest.mark.parametrize("at_end", [False, True])
def test_what_is_measured_after_each_log_every_has_the_steps_of_the_run(at_end):
    schedule = measured(6, at_end=at_end)
    assert schedule.dim("e") == "step"
    assert schedule.steps("e") == [6, 12]
    assert schedule.coordinates() == {"step": [6, 12]}


def test_the_steps_of_a_trigger_are_not_known_beforehand():
    schedule = measured(trigger(most=3), at_end=True)
    assert schedule.steps("e") is None
    assert schedule.dim("e") == "time_e"
    assert schedule.most("e") == 4
    assert [step for step in range(1, 13) if schedule.is_due("e", step)] == [12]
    assert schedule.coordinates() == {"step": [6, 12]}


@pytest.mark.parametrize(("n_steps", "log_every"), [(0, 6), (12, 6), (12, 12), (6, 1)])
def test_a_schedule_counts_blocks_and_times(n_steps, log_every):
    schedule = Schedule(spec(n_steps, log_every), 1, {})
    assert schedule.n_blocks == n_steps
    assert schedule.n_logged == n_steps // log_every
    assert len(schedule.coordinates()["step"]) == schedule.n_logged


def test_the_schedule_of_a_run_has_what_is_not_measured_after_each_block():
    each, own = position("a"), position("b", every=3)
    alone = schedule_of(training(**pulled(evaluations={"a": each})))
    assert (alone.block, alone.n_blocks, [*alone.measures]) == (6, 2, [])
    both = schedule_of(training(**pulled(evaluations={"a": each, "b": own})))
    assert (both.block, both.n_blocks, [*both.measures]) == (3, 4, ["a", "b"])
    assert (both.dim("a"), both.dim("b")) == ("step", "step_b")


def test_a_trigger_is_asked_for_each_member_of_all_that_it_has_measured():
    told = []

    def due(step, measured):
        told.append((step, {name: values.tolist() for name, values in measured.items()}))
        return measured["train_loss"][-1] > 3

    losses = np.arange(12.0).reshape(2, 2, 3)  # blocks, seeds, points
    blocks = [{"train_loss": loss, "more": np.stack([loss, -loss], axis=-1)} for loss in losses]
    found = due_for(trigger(block=2, due=due), 4, blocks, 2)
    np.testing.assert_array_equal(found, losses[-1] > 3)
    assert len(told) == 6
    assert told[1] == (4, {"train_loss": [1.0, 7.0], "more": [[1.0, -1.0], [7.0, -7.0]]})
    np.testing.assert_array_equal(
        due_for(trigger(block=3, due=due), 4, blocks, 2), np.zeros((2, 3))
    )
    assert len(told) == 6


def test_a_trigger_sees_means_over_its_own_blocks():
    """So that it does not depend on what else is measured."""
    told = []

    def due(step, measured):
        told.append(measured["train_loss"].tolist())
        return True

    blocks = [{"train_loss": np.full((1, 1), loss)} for loss in (1.0, 2.0, 5.0, 9.0)]
    assert due_for(trigger(block=2, due=due), 4, blocks, 1).all()
    assert told == [[1.5, 7.0]]


def test_an_evaluation_says_nothing_of_when_by_itself():
    evaluation = Evaluation(lambda params, state, key: {})
    assert (evaluation.every, evaluation.at_end, evaluation.after) == (None, False, False)
