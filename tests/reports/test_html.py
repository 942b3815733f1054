"""The HTML page as a parser reads it: what it holds without its script, and that nothing else gets in."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.sample import MAIL, PERMIT, REPORT, UNDETERMINED
from tests.reports.test_machine_formats import hostile
from zoneguard.audit.running import STATIC, run
from zoneguard.loading.project import load_project
from zoneguard.model.findings import Report
from zoneguard.model.text import N_, Text
from zoneguard.reports import html
from zoneguard.reports._html.bilingual import EN, JA, Pool, plain
from zoneguard.reports._html.picture import picture, points
from zoneguard.reports._words import STATES


class Page(HTMLParser):
    """Every element with its attributes, and the text inside each kind."""

    def __init__(self, report: Report = REPORT, lang: str = "en") -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html.PLUGIN.write(report, lang, False).decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open.append(tag)
        self.inside.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in dict.fromkeys(self._open):
            self.inside[tag][-1] += data

    @property
    def policy(self) -> str:
        return next(a["content"] for _, a in self.elements if a.get("http-equiv") == "Content-Security-Policy")

    @property
    def data(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.inside["script"][0])
        return value

    @property
    def text(self) -> str:
        return self.inside["main"][0]


def hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@pytest.mark.parametrize("report", [REPORT, hostile()], ids=["sample", "hostile"])
def test_only_its_own_style_and_script_may_run(report: Report) -> None:
    page = Page(report)
    (style,) = page.inside["style"]
    _, script = page.inside["script"]
    assert page.policy.split("; ") == [
        "default-src 'none'", f"style-src {hashed(style)}", f"script-src {hashed(script)}", "base-uri 'none'",
        "form-action 'none'",
    ]  # fmt: skip
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"style", "src", "srcset", "action"})
    assert all(attributes.get("href", "#").startswith("#") for _, attributes in page.elements)


def test_what_comes_from_inputs_is_never_markup() -> None:
    assert {tag for tag, _ in Page(hostile()).elements} <= {tag for tag, _ in Page().elements}
    raw = html.PLUGIN.write(hostile(), "en", False)
    assert raw.count(b"<script") == raw.count(b"</script") == 2
    assert b"\x1b" not in raw
    assert b"\x00" not in raw


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_without_script_the_matrix_says_every_pair_in_words(lang: str) -> None:
    page = Page(lang=lang)
    translate = JA if lang == "ja" else EN
    said = {attributes.get("aria-label") for tag, attributes in page.elements if tag == "a"}
    for cell in REPORT.matrix:
        assert f"{cell.source} → {cell.destination}: {STATES[cell.state].render(translate)}" in said


def test_links_lead_somewhere() -> None:
    elements = Page().elements
    targets = {"#" + attributes["id"] for _, attributes in elements if "id" in attributes}
    assert {attributes["href"] for _, attributes in elements if "href" in attributes} <= targets
    assert len(targets) == sum("id" in attributes for _, attributes in elements)


def test_without_script_findings_and_all_tables_are_there() -> None:
    text = Page().text
    for said in (
        "a mail with more than text", "tcp 10.10.0.1:1024 > 10.20.0.1:445", "captures/lg-edge.pcap#17", "remove it",
        "mikasa:24(1)前段", "EX-01", "税務課長", "ef" * 32, "ip foo bar", "no such word", "cut in frame 61", "5 ARP",
    ):  # fmt: skip
        assert said in text
    assert "… and 3 more" in text
    assert "3 flows, 1 attempts" in text


def test_what_is_cut_without_script_is_said() -> None:
    findings = tuple(replace(PERMIT, anchor=(str(n),)) for n in range(201))
    clause = replace(REPORT.clauses[0], findings=tuple(f.fingerprint for f in findings))
    page = Page(replace(REPORT, findings=findings, clauses=(clause,)))
    assert "The first 200 of 201." in page.text
    assert "… and 196 more" in page.text
    assert "+189" in page.text
    assert len(page.data["findings"]["id"]) == 201


def test_findings_are_embedded_in_order() -> None:
    data = Page().data
    assert data["findings"]["id"][:2] == [PERMIT.fingerprint, MAIL.fingerprint]
    assert data["findings"]["id"][-1] == UNDETERMINED.fingerprint


SENTENCES = st.recursive(
    st.builds(lambda said: N_("{what} is {what}; {{so}} {said}", what=said, said=7), st.text()) | st.just(N_("None.")),
    lambda inner: st.builds(
        lambda a, b, n: N_("… and {count} more: {a} {b}", count=n, a=a, b=b), inner, st.text() | inner, st.integers()
    ),
    max_leaves=4,
)


@given(SENTENCES)
def test_the_script_can_say_each_sentence_in_both_languages(sentence: Text) -> None:
    pool = Pool()
    said = pool.sentence(sentence)

    def render(value: Any, language: int) -> str:
        if isinstance(value, int):
            text = pool.texts[value]
            return text if isinstance(text, str) else text[language]
        parts = pool.templates[value[0]][language]
        return "".join(part if isinstance(part, str) else render(value[1 + part], language) for part in parts)

    assert [render(said, n) for n in (0, 1)] == [plain(sentence.render(t)) for t in (EN, JA)]


def test_the_picture_has_every_zone_and_device_apart_from_each_other() -> None:
    joints = (*((f"fw-{n:02}/root", f"fw-{n + 1:02}/root") for n in range(30)), ("fw-03/root", "zone:lgwan"))
    drawn = picture(replace(REPORT, joints=joints))
    assert {node.label for node in drawn.nodes} == {
        "mynumber", "lgwan", "世界", "fw-core", *(f"fw-{n:02}" for n in range(31)),
    }  # fmt: skip
    for a in drawn.nodes:
        assert all(a is b or abs(a.x - b.x) >= 100 or abs(a.y - b.y) >= 20 for b in drawn.nodes), a
        assert 68 <= a.x <= drawn.size - 68


def test_a_path_is_drawn_from_zone_to_zone() -> None:
    drawn = picture(REPORT)
    corners = re.findall(r"(\d+),(\d+)", points(drawn, PERMIT))
    assert len(corners) == 5
    for corner, key in zip(corners[::2], ("zone:mynumber", "fw-core/root", "zone:lgwan"), strict=True):
        assert tuple(map(int, corner)) == drawn.places[key]
    assert points(drawn, MAIL) == ""


def test_a_run_says_what_its_configurations_join() -> None:
    report = run(load_project(Path("topologies/alpha-city")), frozenset({STATIC}))
    assert ("fw-core/root", "zone:lgwan") in report.joints
    assert ("fw-core/root", "lgw-fw/default") in report.joints
    assert ("sc-rtr/main", "zone:mynumber") not in report.joints
    assert len(set(report.joints)) == len(report.joints)
    assert all(a < b for a, b in report.joints)
