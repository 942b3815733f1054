"""YAML with places, bounds and no guesses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.loading.document import MAX_DEPTH, Document, compose
from zoneguard.locale import translator
from zoneguard.model.errors import InputErrors


def problem(text: str) -> str:
    with pytest.raises(InputErrors) as caught:
        compose(text, "f")
    return str(caught.value)


def test_scalars_stay_text() -> None:
    text = "a: no\nb: 12:30:45\nc: 2026-04-01\nd: 010\ne: ~\nf:\ng: 'null'\nh: [1, {i: on}]\n"
    assert compose(text, "f").root.plain() == {
        "a": "no",
        "b": "12:30:45",
        "c": "2026-04-01",
        "d": "010",
        "e": None,
        "f": None,
        "g": "null",
        "h": ["1", {"i": "on"}],
    }


def test_places_of_values_and_keys() -> None:
    document = compose("a:\n  b: [1, {c: x}]\nd: y\n", "f")
    assert document.place(("a", "b", 1, "c")) == (2, 14)
    assert document.place(("a", "b", 1, "c"), of_key=True) == (2, 11)
    assert document.place(("a", "missing", "deeper")) == (2, 3)
    assert document.place(("a", "b", 7)) == (2, 6)
    assert document.place((), of_key=True) == (1, 1)
    assert str(document.span(("d",))) == "f:3"


def test_a_key_written_twice_is_an_error_and_the_first_counts() -> None:
    document = compose("a: 1\nb: 2\na: 3\n", "f")
    assert document.root.plain() == {"a": "1", "b": "2"}
    assert [str(e) for e in document.errors] == ["f:3:1: the key `a` is already in line 1; remove one of them"]


def test_an_alias_is_the_value_at_its_anchor() -> None:
    document = compose("a: &x [1, 2]\nb: *x\n", "f")
    assert document.root.plain() == {"a": ["1", "2"], "b": ["1", "2"]}
    assert document.place(("b", 1)) == (1, 11)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f: the file is empty"),
        ("# only a comment\n", "f: the file is empty"),
        ("a: [1", "f:2:1: not readable as YAML"),
        ("a: b: c", "f:1:5: not readable as YAML"),
        ("a:\n\tb: 1", "f:2:1: indented with a tab"),
        ("a: 1\nb: \x01", "f:2: a control character"),
        ("*x", "f:1:1: nothing before this is named &x"),
        ("a: &a [*a]", "nothing before this is named &a"),
        ("---\na\n---\nb", "f:3:1: a second document"),
        ("a: !!python/object:os.system x", "f:1:4: the tag tag:yaml.org,2002:python/object:os.system"),
        ("? [a]\n: b", "a key is plain text"),
        ("~: b", "a key is plain text"),
        ("<<: {a: b}", "merging with <<"),
    ],
)
def test_refused(text: str, said: str) -> None:
    assert said in problem(text)


def test_what_is_no_yaml_is_said_in_japanese_with_the_words_of_the_parser() -> None:
    with pytest.raises(InputErrors) as refused:
        compose("a: b: c", "f")
    said = refused.value.errors[0].message.render(translator("ja"))
    assert "コロンの後の空白を確かめてください(mapping values are not allowed" in said


def test_nesting_is_bounded_even_through_aliases() -> None:
    assert "nested deeper" in problem("[" * 100_000)
    chain = "a0: &a0 []\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 2 * MAX_DEPTH))
    assert "nested deeper" in problem(chain)


def test_aliases_do_not_explode() -> None:
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    laughs += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    assert "aliases written out" in problem(laughs)


def test_pruning_takes_out_list_entries_from_the_end() -> None:
    document = compose("a: [0, 1, 2, 3]\nb: {c: 1, d: 2}\n", "f")
    document.prune([("a", 1), ("a", 3), ("b", "c"), ("b", "c", "x"), ("z", 0)])
    assert document.root.plain() == {"a": ["0", "2"], "b": {"d": "2"}}


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#,?\n\t %@\\~x1\x00é"), max_size=60))
def test_any_text_is_a_document_or_an_error_in_the_file(text: str) -> None:
    try:
        document = compose(text, "f")
    except InputErrors as errors:
        assert all(e.file == "f" and e.line >= 0 for e in errors.errors)
    else:
        assert isinstance(document, Document)
        document.root.plain()
