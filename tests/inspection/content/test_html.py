"""HTML and SVG: what acts."""

from __future__ import annotations

import base64

import pytest

from tests.inspection.content.building import kinds, look
from zoneguard.model.flows import Certainty


def test_passive_page() -> None:
    seen = look(
        "<!DOCTYPE html><html><body><p>本文 <a href='https://x.example/'>x</a></p></body></html>".encode(), "a.html"
    )
    assert (seen.media_type, seen.hazards, seen.certainty) == ("text/html", (), Certainty.INSPECTED)


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ("<script src='http://x/'></script>", "script http://x/"),
        ("<IMG SRC=x onerror=alert(1)>", "onerror"),
        ("<a href=' java&#115;cript:alert(1)'>", "href javascript:alert(1)"),
        ("<iframe src=//evil></iframe>", "iframe //evil"),
        ("<meta http-equiv=refresh content='0;url=http://x'>", "meta refresh 0;url=http://x"),
        ("<object data=x.swf>", "object x.swf"),
        ("<form action='http://phish/'>", "form http://phish/"),
    ],
)
def test_active_elements(markup: str, what: str) -> None:
    page = f"<html><body>{markup}"
    for encoded in (
        page.encode(),
        f"\ufeff{page}".encode("utf-16-le"),
        page.encode("utf-16-le"),
        page.encode() + b"\0",
    ):
        seen = look(encoded, "a.html")
        assert (seen.hazards[0].kind, seen.hazards[0].detail) == ("active-html", what)


def test_svg_script() -> None:
    svg = b'<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>'
    seen = look(svg, "a.svg")
    assert (seen.media_type, kinds(seen)) == ("image/svg+xml", ["svg-script"])


def test_file_in_a_data_address_is_opened() -> None:
    program = b"MZ\x90\0" + bytes(100)
    page = b'<html><a download="a" href="data:application/octet-stream;base64,' + base64.b64encode(program) + b'">x</a>'
    seen = look(page, "a.html")
    assert seen.members[0].content.data == program
    assert "executable" in kinds(seen)


def test_smuggling_by_script() -> None:
    assert "html-smuggling" in kinds(
        look(b"<html><script>window.navigator.msSaveOrOpenBlob(b,'x.exe')</script>", "a.html")
    )


def test_text_that_mentions_tags_is_text() -> None:
    assert look(b"the tag <script> is bad", "a.txt").media_type == "text/plain"


@pytest.mark.parametrize(
    "hostile",
    [b"<a " + b"x" * 60_000, b"<!--x-->" * 900 + b"<!--", b"<a" * 300_000, b"<a x=" * 100_000, b'<a x="' * 100_000],
)
def test_hostile_pages_end_in_time(hostile: bytes) -> None:
    look(hostile * 3, "a.html", "text/html")
