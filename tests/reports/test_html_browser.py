"""The HTML page in a real browser: clicks, keys, filters, language, path, print; and the same without script."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.reports.sample import PERMIT, REPORT
from tests.reports.test_machine_formats import hostile
from zoneguard.model.findings import Report
from zoneguard.reports import html

MANY = replace(REPORT, findings=(*REPORT.findings, *(replace(PERMIT, anchor=(str(n),)) for n in range(250))))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    system = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(
                executable_path=system, args=["--no-sandbox"] if os.geteuid() == 0 else []
            )
        except Error as error:
            pytest.skip(f"no Chromium: {error.message.splitlines()[0]}")
        yield started
        started.close()


class Reader:
    """Opens reports, and keeps what the browser complains of and asks for."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser, self.folder = browser, folder
        self.complaints: list[str] = []
        self.requests: list[str] = []

    def open(self, report: Report = REPORT, lang: str = "en", script: bool = True) -> Page:
        file = self.folder / f"report-{lang}.html"
        file.write_bytes(html.PLUGIN.write(report, lang, False))
        page = self.browser.new_page(java_script_enabled=script, viewport={"width": 1280, "height": 900})
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())
        return page


@pytest.fixture
def reader(browser: Browser, tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(browser, tmp_path)
    yield reader
    for context in browser.contexts:
        context.close()
    assert not reader.complaints
    assert all(url.startswith("file:") and re.search(r"report-(en|ja)\.html$", url) for url in reader.requests)


def test_a_cell_leads_to_rules_packets_and_findings(reader: Reader) -> None:
    page = reader.open()
    page.get_by_role("link", name="mynumber → lgwan: violates").click()
    pair = page.locator(".pair:target")
    expect(pair).to_be_focused()
    expect(pair).to_contain_text("configs/fw-core.conf:120-128")
    expect(pair).to_contain_text("… and 3 more")
    pair.locator("summary").click()
    for said in ("tcp 10.10.0.1:1024 > 10.20.0.1:445", "fw-core/root (port3 → port1)", "mikasa:24(1)前段", "remove it"):
        expect(pair).to_contain_text(said)


def test_the_matrix_is_used_by_keys_alone(reader: Reader) -> None:
    page = reader.open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the zone matrix")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(3):  # the scrolling region, then the first two cells
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="mynumber → 世界: denied")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".pair:target")).to_contain_text("0 flows, 2 attempts")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".pair:target")).to_have_count(0)


def test_a_finding_draws_its_path(reader: Reader) -> None:
    other = replace(PERMIT, anchor=("back",), zones=("lgwan", "mynumber"))
    page = reader.open(replace(REPORT, findings=(PERMIT, other)))
    before = page.locator("#offence").get_attribute("points")
    page.get_by_role("searchbox").fill(PERMIT.fingerprint)
    page.locator("#found summary").click()
    page.get_by_role("button", name="Draw the path").click()
    after = page.locator("#offence").get_attribute("points")
    assert before
    assert after == " ".join(reversed(before.split()))
    expect(page.locator("#drawn")).to_have_text("Drawn: ZG101 mynumber → fw-core/root (port3 → port1) → lgwan")
    expect(page.locator("#picture")).to_be_focused()


@pytest.mark.parametrize(("written", "wanted", "button"), [("en", "ja", "日本語"), ("ja", "en", "English")])
def test_the_other_language_is_as_if_written_in_it(reader: Reader, written: str, wanted: str, button: str) -> None:
    page, other = reader.open(MANY, written), reader.open(MANY, wanted)
    page.get_by_role("button", name=button).click()
    assert page.locator("html").get_attribute("lang") == wanted
    assert page.locator("body").inner_text() == other.locator("body").inner_text()
    labels = "els => els.map(e => e.getAttribute('aria-label'))"
    assert page.eval_on_selector_all("[aria-label]", labels) == other.eval_on_selector_all("[aria-label]", labels)


def test_what_is_open_stays_open_in_the_other_language(reader: Reader) -> None:
    page = reader.open()
    page.get_by_role("link", name="mynumber → lgwan: violates").click()
    page.locator("#found summary").first.click()
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("#found details").first).to_contain_text("改善案")
    expect(page.locator(".pair:target summary")).to_contain_text("不適合")


def test_findings_are_filtered(reader: Reader) -> None:
    page = reader.open()
    cards = page.locator("#found details")
    expect(cards).to_have_count(4)
    page.get_by_label("Search").fill("DOCM 請求書")
    expect(cards).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("1 of 1 findings shown (4 in all)")
    page.get_by_label("Search").fill("no such words")
    expect(page.get_by_role("status")).to_have_text("None.")
    page.get_by_label("Search").fill("")
    for label, option, check in (
        ("Result", "undetermined", "ZG401"),
        ("Severity", "low", "ZG103"),
        ("From", "mynumber", "ZG101"),
        ("To", "世界", "ZG103"),
        ("Checks", "ZG201", "ZG201"),
    ):
        chooser = page.get_by_role("combobox", name=label, exact=True)
        chooser.select_option(label=option)
        expect(cards).to_have_count(1)
        expect(cards).to_contain_text(check)
        chooser.select_option(label="any")
    page.get_by_label("Search").fill("more than text")
    cards.locator("summary").click()
    for said in ("captures/lg-edge.pcap#17 2026-03-31T23:33:20.250000Z", "zoneguard.yaml:20", "vba-macro", "ab" * 32):
        expect(cards).to_contain_text(said)


def test_many_findings_come_by_the_hundred(reader: Reader) -> None:
    page = reader.open(MANY)
    cards = page.locator("#found details")
    expect(cards).to_have_count(100)
    page.get_by_role("button", name="Show more").click()
    expect(cards).to_have_count(200)
    page.get_by_role("button", name="Show all").click()
    expect(cards).to_have_count(254)
    expect(page.get_by_role("button", name="Show all")).to_be_hidden()
    page.get_by_role("link", name="mynumber → lgwan: violates").click()
    page.locator(".pair:target").get_by_role("button", name="… and 151 more").click()
    expect(page.locator(".pair:target details")).to_have_count(200)


def test_nothing_from_inputs_runs(reader: Reader) -> None:
    page = reader.open(hostile())
    page.locator("td.violated a").first.click()
    page.locator(".pair:target summary").click()
    expect(page.locator(".pair:target .message")).to_contain_text("<script>alert(1)</script>")
    page.get_by_role("button", name="日本語").click()
    assert page.locator("script").count() == 2


def test_without_script_cells_and_findings_are_readable(reader: Reader) -> None:
    page = reader.open(script=False)
    page.get_by_role("link", name="mynumber → lgwan: violates").click()
    expect(page.locator(".pair:target")).to_contain_text(PERMIT.fingerprint[:12])
    expect(page.locator("#listed")).to_contain_text("a mail with more than text")
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("searchbox")).to_have_count(0)


def test_it_prints_on_a4_with_findings_unfolded(reader: Reader) -> None:
    page = reader.open()
    sizes = set(re.findall(rb"/MediaBox \[([^\]]*)\]", page.pdf(prefer_css_page_size=True)))
    assert {tuple(round(float(n)) for n in size.split()) for size in sizes} == {(0, 0, 595, 842), (0, 0, 842, 595)}
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#found details:not([open])")).to_have_count(0)
    expect(page.locator("#found")).to_contain_text("remove it")
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator("#pair-0-1")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#found details[open]")).to_have_count(0)
