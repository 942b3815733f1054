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
        ("<img alt='>' src=x onerror=alert(1)>", "onerror"),
        ('<img alt="a > b" src=x onerror=alert(1)>', "onerror"),
        ("<p title=it's><script src=x></script>", "script x"),
        ("<img/src='x'/onerror=alert(1)>", "onerror"),
        ("<a href='java\n\tscr\nipt:alert(1)'>", "href java\n\tscr\nipt:alert(1)"),
        ("<a href=javascript:x href=https://x.example/>", "href javascript:x"),
        ("<link rel=import href=//evil/x.html>", "link import //evil/x.html"),
        ("<div style='width:expression(alert(1))'>", "style width:expression(alert(1))"),
        ("<p srcdoc='&lt;script&gt;x&lt;/script&gt;'>", "srcdoc"),
        ("<embed code=evil.swf>", "embed evil.swf"),
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


@pytest.mark.parametrize(
    ("markup", "kind", "what", "at"),
    [
        ("<style>p{color:red;width:expression(alert(1))}</style>", "active-html", "expression(alert(1))", 31),
        ("<style>p{width:exp/* */ression(alert(1))}</style>", "active-html", "expression(alert(1))", 6),
        ("<style>p{width:e\\78pression(alert(1))}", "active-html", "expression(alert(1))", 6),
        ("<STYLE>p{background:url(javascript:x)}</STYLE>", "active-html", "url(javascript:x)", 26),
        ("<style>p{behavior:url(x.htc)}</style>", "active-html", "behavior:url(x.htc)", 15),
        ("<p style='width:expre\\73sion(alert(1))'>", "active-html", "expression(alert(1))", 6),
        ("<style>@import url('http://evil.example/x.css');", "external-relationship", "@import http://evil", 13),
        ("<style>@\\69mport '//evil.example/x.css';</style>", "external-relationship", "@import //evil", 6),
        ("<link rel='x StyleSheet' href=http://evil.example/x>", "external-relationship", "link stylesheet http", 6),
        ("<base href='https://evil.example/'>", "external-relationship", "base https://evil", 6),
        ("<img src='\\\\evil\\x.png'>", "external-relationship", "file share", 6),
        ("<img src=file://evil/x.png>", "external-relationship", "file share", 6),
        ("<a href='search-ms:query=x'>", "active-html", "href search-ms:query=x", 6),
        ("<img src=x\nonerror\n=\nalert(1)>", "active-html", "onerror", 6),
        ("<set attributename=onmouseover to=alert(1)>", "active-html", "set onmouseover", 6),
        ("<meta charset=utf-7>+ADw-script+AD4-", "active-html", "script", None),
    ],
)
def test_what_styles_and_addresses_do_has_its_place(markup: str, kind: str, what: str, at: int | None) -> None:
    seen = look(f"<html>{markup}".encode(), "a.html")
    (hazard,) = seen.hazards
    assert (hazard.kind, what in hazard.detail) == (kind, True)
    assert at is None or hazard.where == f"byte {at}"


@pytest.mark.parametrize(
    "markup",
    [
        "<style>/* expression(x), javascript: */ @import 'own.css'; p{color:red}</style>",
        "<link rel=stylesheet href=own.css><base target=_blank>",
        r"<a href='\\fs\share\x.xlsx'>x</a><p style='font-family:\"MS Gothic\"'>",
        "<img src='data:image/svg+xml,<svg/>'><img src=data:image/png;base64,iVBORw0K>",
    ],
)
def test_styles_and_addresses_of_ones_own_are_no_hazard(markup: str) -> None:
    assert look(f"<html>{markup}".encode(), "a.html").hazards == ()


def test_a_drawing_in_an_address_is_looked_into() -> None:
    seen = look(b"<html><img src=\"data:image/svg+xml,<svg onload='alert(1)'/>\">", "a.html")
    assert kinds(seen) == ["svg-script"]


def test_svg_script() -> None:
    svg = b'<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"><script>x</script></svg>'
    seen = look(svg, "a.svg")
    assert (seen.media_type, kinds(seen)) == ("image/svg+xml", ["svg-script"])


@pytest.mark.parametrize(
    "inside",
    [
        "<a xlink:href='javascript:alert(1)'><text>x</text></a>",
        "<set attributeName='xlink:href' to='javascript:alert(1)'/>",
        "<animate attributeName='href' values='x;javascript:alert(1)'/>",
        "<g onload='alert(1)'/>",
        "<foreignObject><iframe src='//evil'/></foreignObject>",
        "<handler type='text/javascript'>x</handler>",
    ],
)
def test_what_acts_in_svg(inside: str) -> None:
    seen = look(f"<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>".encode(), "a.svg")
    assert kinds(seen) == ["svg-script"]
    assert seen.hazards[0].where.startswith("byte ")


def test_a_drawing_without_anything_is_passive() -> None:
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0L1 1'/><a href='https://x.example/'/></svg>"
    seen = look(drawing, "a.svg")
    assert (seen.hazards, seen.certainty) == ((), Certainty.INSPECTED)


@pytest.mark.parametrize(
    "markup",
    [
        "<x xmlns:h='http://www.w3.org/1999/xhtml'><h:script>alert(1)</h:script></x>",
        "<?xml-stylesheet type='text/xsl' href='http://evil.example/x.xsl'?><x/>",
        "<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><msxsl:script>x</msxsl:script></xsl:stylesheet>",
    ],
)
def test_xml_that_acts_in_a_browser(markup: str) -> None:
    assert kinds(look(f"<?xml version='1.0'?>{markup}".encode(), "a.xml")) == ["active-html"]
    assert kinds(look(b"<?xml version='1.0'?><list><script>data</script></list>", "a.xml")) == []


def test_a_page_that_begins_with_much_text_is_a_page() -> None:
    page = b"text " * 4000 + b"<script>x</script>"
    assert kinds(look(page, "a.html")) == ["active-html"]
    assert kinds(look(page, "", "text/html")) == ["active-html"]
    assert look(b"text " * 4000, "", "text/html").hazards == ()


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
    [
        b"<a " + b"x" * 60_000,
        b"<!--x-->" * 900 + b"<!--",
        b"<a" * 300_000,
        b"<a x=" * 100_000,
        b'<a x="' * 100_000,
        b"<a x=\">'" * 60_000,
        b"<style>" * 60_000,
        b"<style>/*" * 60_000,
        b"<style>@import " * 60_000,
        b"<style>\\69" * 60_000,
    ],
)
def test_hostile_pages_end_in_time(hostile: bytes) -> None:
    look(hostile * 3, "a.html", "text/html")
