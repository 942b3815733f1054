"""What was examined before is not examined again, and comes out as if it had been."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from zoneguard.inspection import Budget, Content, Limits, known
from zoneguard.inspection.examining import Examined, examine
from zoneguard.inspection.known import Known


def packed(*names: str) -> Content:
    """A zip with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "MZ" + name * 100)
    return Content(out.getvalue(), "a.zip", "application/zip")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Content]:
    """The contents that were examined in truth."""
    contents: list[Content] = []

    def counting(content: Content, budget: Budget) -> Examined:
        contents.append(content)
        return examine(content, budget)

    monkeypatch.setattr(known, "examine", counting)
    return contents


def test_the_same_content_is_examined_once(asked: list[Content]) -> None:
    store, content = Known(), packed("a.exe", "b.txt")
    first = store.examine(content, Budget())
    budget = Budget()
    again = store.examine(replace(content, data=bytes(bytearray(content.data))), budget)
    assert (again, len(asked)) == (first, 1)
    assert first == examine(content)
    fresh = Budget()
    examine(content, fresh)
    assert budget.left == fresh.left


def test_another_name_type_or_end_is_another_content(asked: list[Content]) -> None:
    store, content = Known(), Content(b"MZ" + bytes(100), "a.exe", "text/plain")
    others = [replace(content, name="a.txt"), replace(content, claimed_type=""), replace(content, whole=False)]
    for one in (content, *others):
        assert store.examine(one, Budget()) == examine(one)
    assert len(asked) == 4


def test_what_a_budget_cannot_pay_is_examined_with_what_there_is(asked: list[Content]) -> None:
    store, content = Known(), packed("a", "b", "c")
    limits = Limits(members=8)
    whole = store.examine(content, Budget(limits))
    poor = Budget(limits)
    for _ in range(4):
        poor.member()
    part = store.examine(content, poor)
    assert len(asked) == 2
    assert poor.spent is not None and len(part.members) < len(whole.members)
    assert store.examine(content, Budget(limits)) == whole
    assert store.examine(content, Budget()) == whole
    assert len(asked) == 3


def test_what_a_limit_cut_short_is_not_kept(asked: list[Content]) -> None:
    store, content = Known(), packed("a", "b", "c")
    for _ in range(2):
        assert len(store.examine(content, Budget(Limits(members=4))).members) < 3
    assert len(asked) == 2


def test_what_was_not_asked_for_longest_is_forgotten(asked: list[Content]) -> None:
    store = Known(room=250)
    a, b, c = (Content(letter * 100, "x") for letter in (b"a", b"b", b"c"))
    for content in (a, b, a, c, a, b):
        store.examine(content, Budget())
    assert [content.data[:1] for content in asked] == [b"a", b"b", b"c", b"b"]
    large = Content(bytes(300), "x")
    store.examine(large, Budget())
    store.examine(large, Budget())
    assert asked[-2:] == [large, large]
