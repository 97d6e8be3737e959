"""Whether a log kept its policy: a fold of `observe`, the function that a live loop calls."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from superpos.triggers.moments import in_utc
from superpos.triggers.observe import State, fork, latest, observe
from superpos.triggers.policy import Decision, EvalBegun, EvalDone, Event, Obs


class Fork(NamedTuple):
    """A model is made of another one, as by finetuning.

    Attributes:
        t: when, with a time zone.
        parent: the name of the other one.
    """

    t: datetime
    parent: str


class Row(NamedTuple):
    """An event of a log.

    Attributes:
        number: of its row, for messages.
        model: whose it is.
        event: what happened.
    """

    number: int
    model: str
    event: Event | Fork


class Violation(NamedTuple):
    """A promise that was not kept.

    Attributes:
        number: of the row at which it shows.
        model: whose it is.
        t: of that row, in UTC.
        kind: "late", an evaluation was owed and the model went on without; "calendar", it began
            after the months and their grace; "missed", a jump passed over evaluations; "buffer",
            compute left the safety buffer before an evaluation was complete; "end", a run has
            ended without one.
        overshoot: effective compute over that of the last evaluation.
        text: what happened, in a line.
    """

    number: int
    model: str
    t: datetime
    kind: str
    overshoot: float
    text: str


class Audit(NamedTuple):
    """What is found in a log.

    Attributes:
        violations: in the order of rows; each promise once between two evaluations.
        states: name of a model -> its state at the end.
        evaluations: name of a model -> how many are complete.
    """

    violations: list[Violation]
    states: dict[str, State]
    evaluations: dict[str, int]


class LogError(ValueError):
    """A log that cannot be, as one line with the number of the row."""


def audit(start: State, rows: Iterable[Row]) -> Audit:
    """Look for promises that were not kept.

    Events of one moment are taken as: looks before evaluations, and parents before forks.

    Args:
        start: the state of a model that nothing is known of, from `begin`; each model that is no
            fork starts from it.
        rows: in the order of time.

    Raises:
        LogError: time or FLOPs go back, a fork of a model that is not there or of a name that is
            taken, or what `observe` refuses.
    """
    models: dict[str, _Model] = {}
    found: list[Violation] = []
    time: datetime | None = None
    for t, several in groupby(rows, _moment):
        if time is not None and t < time:
            number = next(several).number
            raise LogError(
                f"row {number}: t={t.isoformat()}: expected {time.isoformat()} or later, as in"
                " the row before"
            )
        time = t
        for row in _in_order(list(several), models):
            found += _taken(start, models, row, t)
    found += [each for model in models.values() for each in model.open_end()]
    states = {name: model.state for name, model in models.items()}
    counts = {name: model.n_done for name, model in models.items()}
    return Audit(sorted(found, key=lambda each: each.number), states, counts)


@dataclass
class _Model:
    """A model while its log is read.

    Attributes:
        name: of the model.
        state: so far.
        row: the number of its last row.
        owed: the row at which an evaluation became due, and what for; None while none is.
        told: kinds of violations since the last evaluation.
        n_done: evaluations that are complete.
    """

    name: str
    state: State
    row: int = 0
    owed: tuple[int, str] | None = None
    told: set[str] = field(default_factory=set)
    n_done: int = 0

    def take(self, row: Row, event: Event, t: datetime) -> Iterator[Violation]:
        """Go on by a row."""
        before, self.row = self.state, row.number
        goes_on = isinstance(event, Obs) and before.t is not None and t > before.t
        try:
            self.state, decision = observe(before, event)
        except ValueError as error:
            raise LogError(f"row {row.number}: {error}") from None
        texts = self._texts(before, decision, t, goes_on)
        for kind in texts.keys() - self.told:
            overshoot = decision.overshoot
            yield Violation(row.number, self.name, t, kind, overshoot, texts[kind])
        self.told |= {*texts}
        if isinstance(event, EvalDone):
            self.told, self.n_done = set(), self.n_done + 1
        if isinstance(event, EvalBegun | EvalDone):
            self.owed = None
        if decision.due and self.owed is None:
            self.owed = row.number, " and ".join(decision.reasons)

    def _texts(
        self, before: State, decision: Decision, t: datetime, goes_on: bool
    ) -> Mapping[str, str]:
        """Kind -> what is wrong at this row."""
        found, last = {}, latest(before)
        if goes_on and self.owed and before.begun is None:
            number, reasons = self.owed
            found["late"] = f"went on without the evaluation due since row {number} by {reasons}"
        if last is not None and t > last:
            what = "to be complete" if before.begun else "to begin"
            found["calendar"] = f"an evaluation had {what} by {last.isoformat()}"
        if decision.missed:
            found["missed"] = f"passed over {decision.missed} evaluations"
        if decision.buffer_breached:
            buffer = before.policy.buffer
            found["buffer"] = f"left the safety buffer of {buffer:g}x before one was complete"
        return found

    def open_end(self) -> Iterator[Violation]:
        """A run that ended without an evaluation."""
        if "end" in self.state.owed and self.state.begun is None:
            t, overshoot = self.state.t, self.state.compute / self.state.anchor_compute
            assert t is not None
            text = "ended without an evaluation"
            yield Violation(self.row, self.name, t, "end", overshoot, text)


def _taken(start: State, models: dict[str, _Model], row: Row, t: datetime) -> list[Violation]:
    """Take a row in."""
    event = row.event
    if not isinstance(event, Fork):
        state = start._replace(lineage=(row.model,))
        model = models.setdefault(row.model, _Model(row.model, state))
        return [*model.take(row, event, t)]
    if event.parent not in models:
        raise LogError(f"row {row.number}: parent={event.parent!r}: expected a model before it")
    if row.model in models:
        raise LogError(f"row {row.number}: model={row.model!r}: expected a new name")
    parent = models[event.parent]
    state = fork(parent.state, row.model)
    models[row.model] = _Model(row.model, state, row.number, parent.owed, {*parent.told})
    return []


def _moment(row: Row) -> datetime:
    try:
        return in_utc(row.event.t)
    except ValueError as error:
        raise LogError(f"row {row.number}: {error}") from None


def _in_order(rows: list[Row], known: Mapping[str, object]) -> list[Row]:
    """The rows of one moment: parents before their forks, looks before evaluations."""
    parents = {row.model: row.event.parent for row in rows if isinstance(row.event, Fork)}

    def depth(model: str) -> int:
        n, seen = 0, {model}
        while model in parents and model not in known and parents[model] not in seen:
            model, n = parents[model], n + 1
            seen.add(model)
        return n

    rank = {Fork: 0, Obs: 1, EvalBegun: 2, EvalDone: 3}
    return sorted(rows, key=lambda row: (depth(row.model), rank[type(row.event)]))
