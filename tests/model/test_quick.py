"""Quick constructors make what those of ``dataclass`` make."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace
from inspect import signature

import pytest

from zoneguard.model.device import Permit, Rule
from zoneguard.model.match import ALWAYS
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan

HERE = SourceSpan("fw.conf", 3, 3)


@dataclass(frozen=True, slots=True, order=True)
class Plain:
    """A value with what the model's values have."""

    name: str
    line: int = 7
    note: str = field(default="none", compare=False)


@quick
@dataclass(frozen=True, slots=True, order=True)
class Quick:
    """The same, made quickly."""

    name: str
    line: int = 7
    note: str = field(default="none", compare=False)


def test_parameters_defaults_and_their_order_are_those_of_the_dataclass() -> None:
    assert signature(Quick) == signature(Plain)
    made = Quick("a", note="seen")
    assert (made.name, made.line, made.note) == ("a", 7, "seen")
    with pytest.raises(TypeError):
        Quick()  # type: ignore[call-arg]


def test_equality_order_and_hash_stay() -> None:
    assert Quick("a", note="x") == Quick("a", 7, "y") != Quick("b")
    assert Quick("a") < Quick("a", 8)
    assert hash(Quick("a", note="x")) == hash(Quick("a", note="y"))


def test_nothing_can_be_set_afterwards() -> None:
    with pytest.raises(FrozenInstanceError):
        Quick("a").line = 8  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        HERE.first = 4  # type: ignore[misc]


def test_values_are_replaced_and_carried_over() -> None:
    rule = Rule(ALWAYS, Permit(), HERE, comment="all")
    assert replace(rule, name="r") == Rule(ALWAYS, Permit(), HERE, "r", "all")
    assert pickle.loads(pickle.dumps(rule)) == rule
