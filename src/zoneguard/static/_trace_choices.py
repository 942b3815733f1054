"""What the input leaves open, tried out: a run asks; ``explore`` repeats it until every answer was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text

T = TypeVar("T")

MAX_RUNS = 256
MAX_STEPS = 5_000_000


class UndecidableError(Exception):
    """This run cannot be followed further; ``reason`` says why, ``span`` which line."""

    def __init__(self, reason: Text, span: SourceSpan | None = None) -> None:
        super().__init__(reason, span)
        self.reason = reason
        self.span = span


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that the input does not decide, and the line that asks it."""

    what: Text
    span: SourceSpan | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The answer a run supposed: number ``answer`` of ``options``."""

    doubt: Doubt
    answer: int
    options: int


class Budget:
    """How many rules may still be asked, over all runs together."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._left = steps

    def spend(self, span: SourceSpan) -> None:
        """One rule is asked. Raises ``UndecidableError`` after too many: lists that call each other without end."""
        self._left -= 1
        if self._left < 0:
            raise UndecidableError(N_("the rules take too long to follow"), span)


class Script:
    """The answers of one run: the given ones first, then always the first option."""

    def __init__(self, answers: Sequence[int], budget: Budget) -> None:
        self._answers = answers
        self.budget = budget
        self.taken: list[Choice] = []

    def choose(self, doubt: Doubt, options: int) -> int:
        """An answer from 0 to ``options - 1``; with one option nothing is asked."""
        if options == 1:
            return 0
        at = len(self.taken)
        answer = self._answers[at] if at < len(self._answers) else 0
        self.taken.append(Choice(doubt, answer, options))
        return answer


@dataclass(frozen=True, slots=True)
class Explored(Generic[T]):
    """Every run's result with the choices it supposed. Not ``complete``: there were more than ``MAX_RUNS``."""

    runs: tuple[tuple[T, tuple[Choice, ...]], ...]
    complete: bool

    def pivots(self, same: Callable[[T, T], bool]) -> tuple[Doubt, ...]:
        """The doubts in which two neighbouring runs with different results (not ``same``) part."""
        found: dict[Doubt, None] = {}
        for (one, choices), (other, others) in zip(self.runs, self.runs[1:], strict=False):
            if not same(one, other):
                found[next(a.doubt for a, b in zip(choices, others, strict=False) if a != b)] = None
        return tuple(found)


def explore(run: Callable[[Script], T]) -> Explored[T]:
    """``run`` once for every combination of answers to what it asks, depth first."""
    runs: list[tuple[T, tuple[Choice, ...]]] = []
    budget = Budget()
    answers: list[int] = []
    while len(runs) < MAX_RUNS:
        script = Script(answers, budget)
        runs.append((run(script), tuple(script.taken)))
        open_choices = script.taken
        while open_choices and open_choices[-1].answer == open_choices[-1].options - 1:
            open_choices = open_choices[:-1]
        if not open_choices:
            return Explored(tuple(runs), complete=True)
        answers = [c.answer for c in open_choices[:-1]] + [open_choices[-1].answer + 1]
    return Explored(tuple(runs), complete=False)
