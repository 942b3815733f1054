"""What became of a recorded run: is everything still as it was, and does it still come out the same?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rich.cells import cell_len

from zoneguard.model.text import N_, Text
from zoneguard.reports._page import Page, clean, pad
from zoneguard.reports._words import SEVERITIES, VERDICTS, Translate, kind_word

SCHEMA = "zoneguard.verification/1"
STATE_WIDTH = 12


class State(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"
    UNKNOWN = "unknown"  # a report that went to stdout; a policy of a project that can no longer be read


WORDS = {
    State.SAME: N_("unchanged"),
    State.CHANGED: N_("CHANGED"),
    State.MISSING: N_("MISSING"),
    State.UNKNOWN: N_("not compared"),
}

COMPARED = {"verdict": N_("Verdict"), "exit-status": N_("exit status")} | {
    key.value: word for words in (VERDICTS, SEVERITIES) for key, word in words.items()
}
"""The words for what is compared, and for its values."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the record names: ``kind`` as ``capture``, ``report``, ``profile`` or ``record``."""

    kind: str
    path: str
    state: State


@dataclass(frozen=True, slots=True)
class Rerun:
    """The same question asked again: findings by fingerprint; findings, clauses and the verdict of the whole that came
    out otherwise, as ``(what, then, now)``. ``problems``: why it could not be asked again."""

    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    changed: tuple[tuple[str, str, str], ...] = ()
    problems: tuple[Text, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the answer is the same."""
        return not (self.gone or self.new or self.changed or self.problems)


@dataclass(frozen=True, slots=True)
class Verification:
    """``version``: the recorded one; ``now``: the one that verifies. ``rerun``: ``None`` where it was not asked for."""

    name: str
    recorded: str
    version: str
    now: str
    items: tuple[Item, ...]
    rerun: Rerun | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing differs and nothing is missing."""
        states = {item.state for item in self.items}
        return states <= {State.SAME, State.UNKNOWN} and (self.rerun is None or self.rerun.same)


def write_verification(page: Page, found: Verification) -> None:
    """Everything the record names, with what became of it, and the verdict last."""
    page.paragraph(page.say(N_("{name}, recorded {time}", name=found.name, time=found.recorded)), 0, "bold")
    kinds = [clean(kind_word(item.kind, page.translate)) for item in found.items]
    width = max(map(cell_len, kinds))
    for item, kind in zip(found.items, kinds, strict=True):
        style = "" if item.state in (State.SAME, State.UNKNOWN) else "red"
        state = page.paint(pad(page.say(WORDS[item.state]), STATE_WIDTH), style)
        page.line(f"  {state}  {pad(kind, width)}  {clean(item.path)}")
    if found.version != found.now:
        page.paragraph(
            page.say(
                N_("recorded by zoneguard {then}, verified by {now}", then=found.version, now=found.now),
            ),
            2,
        )
    if found.rerun is not None:
        _write_rerun(page, found.rerun)
    page.line()
    page.paragraph(page.say(_verdict(found)), 0, "bold" if found.holds else "bold red")


def _write_rerun(page: Page, rerun: Rerun) -> None:
    page.heading(page.say(N_("Run again")))
    if rerun.same:
        page.paragraph(page.say(N_("The same findings, the same verdict of every clause.")), 2)
    for fingerprint in rerun.gone:
        page.paragraph(page.say(N_("no longer found: {finding}", finding=fingerprint)), 2)
    for fingerprint in rerun.new:
        page.paragraph(page.say(N_("newly found: {finding}", finding=fingerprint)), 2)
    for changed in rerun.changed:
        what, then, now = (_spoken(page, value) for value in changed)
        page.paragraph(page.say(N_("{clause}: was {then}, is {now}", clause=what, then=then, now=now)), 2)
    for problem in rerun.problems:
        page.paragraph(page.say(N_("It could not be run again: {problem}", problem=problem)), 2)


def _spoken(page: Page, values: str) -> str:
    return ", ".join(page.say(COMPARED[value]) if value in COMPARED else value for value in values.split(", "))


def _verdict(found: Verification) -> Text:
    if not found.holds:
        return N_("The record does not hold: what it was made from, or what it says, is not what is here now.")
    if any(item.state is State.UNKNOWN for item in found.items):
        return N_("The record holds, but for the report, which went to stdout: name the kept file with --report.")
    return N_("The record holds.")


def verification_json(found: Verification, translate: Translate) -> dict[str, Any]:
    """The object that ``docs/reference/cli.md`` describes."""
    rerun = found.rerun
    return {
        "schema": SCHEMA,
        "name": found.name,
        "recorded": found.recorded,
        "recorded_by": found.version,
        "verified_by": found.now,
        "holds": found.holds,
        "items": [{"kind": item.kind, "path": item.path, "state": item.state.value} for item in found.items],
        "again": rerun
        and {
            "gone": list(rerun.gone),
            "new": list(rerun.new),
            "changed": [{"what": what, "then": then, "now": now} for what, then, now in rerun.changed],
            "problems": [problem.render(translate) for problem in rerun.problems],
        },
    }
