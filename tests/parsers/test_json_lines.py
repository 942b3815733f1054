"""JSON with lines: in less detail the same values, and the same lines where any are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from zoneguard.parsers._json_lines import MAX_DEPTH, Detail, documents
from zoneguard.parsers._json_node import Node

FLAT = Detail(flat=True)
keys = st.sampled_from(["a", "b", "values", "資源"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=20,
)
indents = st.sampled_from([None, 1, 2])


def objects(node: Node) -> Iterator[Node]:
    """The objects that stand in lists of ``node`` and hold no objects in a list themselves."""
    for part in node.items():
        if isinstance(part.value, dict) and not holds_lists(part.plain):
            yield part
        else:
            yield from objects(part)
    for _, part in node.members():
        yield from objects(part)


def holds_lists(value: object) -> bool:
    """Whether a list in an object, or in an object of it, holds objects or lists."""
    parts = list(value.values()) if isinstance(value, dict) else []
    found = any(isinstance(one, dict | list) for part in parts if isinstance(part, list) for one in part)
    return found or any(holds_lists(part) for part in parts)


@given(values.filter(lambda value: isinstance(value, dict)), indents, st.booleans())
def test_in_less_detail_the_same_is_read_with_the_same_lines(value: object, indent: int | None, escaped: bool) -> None:
    lines = tuple(json.dumps(value, indent=indent, ensure_ascii=escaped).splitlines())
    (whole,), gaps = documents(lines)
    (less,), none = documents(lines, FLAT)
    assert gaps == none == []
    assert whole.plain == less.plain == json.loads("\n".join(lines))
    assert (less.first, less.last) == (whole.first, whole.last) == (1, len(lines))
    assert [(n.first, n.last) for n in objects(less)] == [(n.first, n.last) for n in objects(whole)]


@given(values, indents, st.integers(0, 400))
def test_of_a_document_cut_short_the_same_is_kept(value: object, indent: int | None, at: int) -> None:
    lines = tuple(json.dumps({"a": [value]}, indent=indent)[:at].splitlines())
    (whole, gaps), (less, others) = documents(lines), documents(lines, FLAT)
    assert gaps == others
    assert [node.plain for node in whole] == [node.plain for node in less]


def test_what_is_nested_too_deep_is_broken_in_every_detail() -> None:
    for text in ('{"a":' * 2 * MAX_DEPTH, "[" * 2 * MAX_DEPTH):
        lines = ('{"a": [{"x": ' + text,)
        assert documents(lines)[1] == documents(lines, FLAT)[1] != []


def test_half_a_character_is_written_out_in_every_detail() -> None:
    lines = ('{"a": [{"x": "\\ud800"}]}',)
    assert documents(lines)[0][0].plain == documents(lines, FLAT)[0][0].plain == {"a": [{"x": "\\ud800"}]}


def test_members_are_left_out_or_read_as_a_whole() -> None:
    lines = tuple(json.dumps({"a": {"b": 1}, "c": [1, 2], "d": {"e": 3}}, indent=1).splitlines())
    (node,), _ = documents(lines, Detail(passed=frozenset("a"), whole=frozenset("c")))
    assert node.plain == {"c": [1, 2], "d": {"e": 3}}
    assert [(part.first, part.last) for part in node.each("c")] == [(5, 8)] * 2


def test_a_node_tells_what_is_in_it() -> None:
    node = Node({"a": [1, "b", None], "x": None, "y": 0, "z": Node("w", 3, 4)}, 1, 9)
    assert node.texts("a") == ["1", "b", ""] and node.texts("x") == []
    assert node.renamed({"a": "A", "x": "X", "z": "Z"}) == {"A": [1, "b", None], "Z": Node("w", 3, 4)}
    assert node.held({"a", "x", "y", "z"}) == {"a", "z"}
