"""Sketches: versions of one document are alike, other documents are not."""

from __future__ import annotations

import random
import re
import zipfile
import zlib

from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.content.building import word, zipped
from zoneguard.inspection.sketching import KEPT, likeness, sketch

WORDS = re.findall("..", "補助申請市民税務令和通知予算件数回答別紙様式番号日付担当電話会議資料")


def prose(seed: int, count: int = 3000) -> str:
    chosen = random.Random(seed)
    return "".join(chosen.choice(WORDS) + str(chosen.randrange(1000)) for _ in range(count))


def pdf(text: str, level: int) -> bytes:
    return b"%PDF-1.4\n1 0 obj<<>>stream\n" + zlib.compress(text.encode(), level) + b"\nendstream endobj"


def test_a_document_that_is_written_anew_is_like_itself() -> None:
    old, other = prose(1), prose(2)
    new = old.replace("補助", "交付", 20)
    packed = zipped({"word/document.xml": f"<w>{new}</w>", "docProps/app.xml": "<a/>"}, zipfile.ZIP_STORED)
    assert likeness(sketch(word(body=old)), sketch(packed)) > 0.5
    assert likeness(sketch(pdf(old, 9)), sketch(pdf(new, 1))) > 0.5
    assert likeness(sketch(word(body=old)), sketch(word(body=other))) < 0.2
    assert likeness(sketch(pdf(old, 9)), sketch(pdf(other, 9))) < 0.2


def test_what_a_program_writes_into_every_document_tells_nothing() -> None:
    styles = "".join(f'<w:style w:styleId="s{n}"><w:name w:val="heading {n}"/></w:style>' for n in range(900))
    template = {"word/styles.xml": styles, "docProps/app.xml": f"<a>{prose(9)}</a>", "word/_rels/a.rels": styles}
    one, other = (sketch(word(template, f"<w:p><w:t>{prose(seed, 300)}</w:t></w:p>")) for seed in (1, 2))
    assert likeness(one, other) < 0.1
    assert likeness(one, sketch(word(body=f"<w:p><w:r><w:t>{prose(1, 300)}</w:t></w:r></w:p>"))) > 0.8
    assert sketch(word(template)) == ()


def test_what_is_too_short_or_empty_is_like_nothing() -> None:
    assert sketch(b"1234567") == ()
    assert likeness((), ()) == 0.0
    assert likeness(sketch(b"12345678"), ()) == 0.0


@given(st.one_of(st.binary(max_size=300), st.builds(lambda b: b"%PDF-stream\n" + zlib.compress(b), st.binary())))
def test_a_sketch_is_sorted_small_and_like_itself(data: bytes) -> None:
    made = sketch(data)
    assert list(made) == sorted(set(made))
    assert len(made) <= KEPT
    assert likeness(made, made) == bool(made)
