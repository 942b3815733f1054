"""Profiles, clauses and checks: what is asked, how it is decided, how to fix it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from zoneguard.checks import Check
from zoneguard.model.policy import Clause, ClauseClass, Profile, is_part
from zoneguard.model.text import N_
from zoneguard.reports._page import Page
from zoneguard.reports._words import FORCES, SEVERITIES

CLASSES = {
    ClauseClass.NETWORK: N_("decided by network data"),
    ClauseClass.PROXY: N_("network data gives an indication"),
    ClauseClass.REGISTER: N_("decided by the register"),
    ClauseClass.ATTESTATION: N_("needs a person's word"),
}
INPUTS = {"static": N_("configurations"), "dynamic": N_("captures")}
LABEL_WIDTH = 14


def decided_by(check: Check, profiles: Iterable[Profile]) -> list[Clause]:
    """The clauses that name the check or an aspect of it (``ZG105:applicant``)."""
    return [c for p in profiles for c in p.clauses if any(name.partition(":")[0] == check.id for name in c.checks)]


def clauses_named(profiles: Iterable[Profile], name: str) -> list[Clause]:
    """The clause ``mikasa:24(1)前段`` (the profile may be left out), or all parts of ``mikasa:24(1)``."""
    known = [clause for profile in profiles for clause in profile.clauses]
    exact = [clause for clause in known if name in (clause.id, clause.number)]
    return exact or [c for c in known if is_part(c.id, name) or is_part(c.number, name)]


def title(page: Page, clause: Clause) -> str:
    """The clause's paraphrase in the page's language."""
    return clause.title_ja if page.lang == "ja" else clause.title_en


def list_profiles(page: Page, profiles: Iterable[Profile]) -> None:
    """One entry a profile, with its clauses counted by class."""
    for profile in profiles:
        page.line(page.paint(profile.name, "bold"))
        page.paragraph(profile.title_ja if page.lang == "ja" else profile.title_en, 2)
        count = Counter(clause.clause_class for clause in profile.clauses)
        for kind, word in CLASSES.items():
            page.line(f"  {count[kind]:>4} {page.say(word)}")


def how(page: Page, clause: Clause, checks: Iterable[Check]) -> list[str]:
    """What decides the clause, a line each: checks with what they look at, or a person's word."""
    known = {check.id: check for check in checks}
    lines = []
    for name in clause.checks:
        check = known.get(name.partition(":")[0])
        looks = ", ".join(page.say(INPUTS[need]) for need in sorted(check.needs or INPUTS)) if check else ""
        lines.append(f"{name} {page.translate(check.title)} ({looks})" if check else name)
    if clause.attest_en:
        asked = clause.attest_ja if page.lang == "ja" else clause.attest_en
        lines.append(page.say(N_("a person's word: {asked}", asked=asked)))
    return lines or [page.say(N_("no check of this version decides it"))]


def better(page: Page, clause: Clause, checks: Iterable[Check]) -> list[str]:
    """What it takes to decide the clause, or to decide it better."""
    names = {name.partition(":")[0] for name in clause.checks}
    own = [check for check in checks if check.id in names]
    texts = [page.translate(check.wants) for check in own if check.wants]
    needs = {need for check in own for need in check.needs or INPUTS}
    if needs == {"dynamic"}:
        texts.append(page.say(N_("Captures of every zone over a working week: what no capture shows is not judged.")))
    if clause.clause_class is ClauseClass.PROXY and own:
        texts.append(page.say(N_("A person's word on the part that no network data show (attestation file).")))
    if not own:
        texts.append(page.say(N_("Who confirms it, when, and in which document (attestation file).")))
    if not texts:
        texts.append(page.say(N_("All devices on the way with their routing tables; captures at each zone's edge.")))
    return list(dict.fromkeys(texts))


def show_profile(page: Page, profile: Profile, checks: Iterable[Check]) -> None:
    """Every clause, in the document's order: what it asks, how that is decided, and what it takes to do so better."""
    known = list(checks)
    page.heading(f"{profile.name}: {profile.title_ja if page.lang == 'ja' else profile.title_en}")
    for name, value in settings_json(profile).items():
        page.line(page.paint(f"  {name}: {value}"))
    for clause in profile.clauses:
        page.line(f"  {page.paint(clause.number, 'bold')}  {page.say(CLASSES[clause.clause_class])}")
        page.paragraph(title(page, clause), 6)
        page.field(page.say(N_("decided by")), how(page, clause, known), 6, LABEL_WIDTH)
        page.field(page.say(N_("better by")), better(page, clause, known), 6, LABEL_WIDTH)


def show_clause(page: Page, clause: Clause, checks: Iterable[Check]) -> None:
    """What the clause asks and how that is decided."""
    page.heading(clause.id)
    page.paragraph(title(page, clause))
    known = list(checks)
    names = {name.partition(":")[0] for name in clause.checks}

    def field(label: str, values: list[str]) -> None:
        page.field(label, values, 2, LABEL_WIDTH)

    field(page.say(N_("kind")), [page.say(CLASSES[clause.clause_class])])
    field(page.say(N_("force")), [page.say(FORCES[clause.force])])
    field(page.say(N_("severity")), [page.say(SEVERITIES[clause.severity])] if clause.severity else [])
    field(page.say(N_("key term")), [clause.term] if clause.term else [])
    field(page.say(N_("zones")), [", ".join(clause.zones)] if clause.zones else [])
    field(page.say(N_("decided by")), how(page, clause, known))
    field(page.say(N_("better by")), better(page, clause, known))
    for check in known:
        if check.id in names:
            page.line()
            page.line(f"  {page.paint(f'{check.id} {check.name}', 'bold')}")
            _reasons(page, check)


def _reasons(page: Page, check: Check) -> None:
    """Why the check matters, the way out of what it finds, and an example of it."""
    values = [(N_("why"), check.why), (N_("way out"), check.fix)]
    for label, text in values:
        page.field(page.say(label), [page.translate(text)] if text else [], 2, LABEL_WIDTH)
    page.field(page.say(N_("example")), check.example.split("\n") if check.example else [], 2, LABEL_WIDTH)


def show_check(page: Page, check: Check, profiles: Iterable[Profile]) -> None:
    """What the check looks for, why it matters, how to fix it, and the clauses that it decides."""
    page.heading(f"{check.id} {check.name}")
    page.paragraph(page.translate(check.title))
    field_values = [
        (N_("severity"), [page.say(SEVERITIES[check.severity])]),
        (N_("needs"), [", ".join(page.say(INPUTS[need]) for need in sorted(check.needs))] if check.needs else []),
        (N_("clauses"), [f"{c.id}  {title(page, c)}" for c in decided_by(check, profiles)]),
    ]
    _reasons(page, check)
    for label, values in field_values:
        page.field(page.say(label), values, 2, LABEL_WIDTH)
    for paragraph in check.documentation:
        page.line()
        page.paragraph(page.translate(paragraph), 2)


def profile_json(profile: Profile, checks: Iterable[Check], page: Page) -> dict[str, Any]:
    """The profile as ``profiles NAME --format json`` shows it."""
    known = list(checks)
    return {
        "name": profile.name,
        "title": {"en": profile.title_en, "ja": profile.title_ja},
        "settings": settings_json(profile),
        "clauses": [clause_json(clause, known, page) for clause in profile.clauses],
    }


def settings_json(profile: Profile) -> dict[str, str]:
    """What the profile lays down, under the keys of its file."""
    return {key.replace("_", "-"): _said(value) for key, value in asdict(profile.settings).items() if value}


def clause_json(clause: Clause, checks: Iterable[Check], page: Page) -> dict[str, Any]:
    """A clause; ``clause`` is its number as the document writes it. ``decided_by`` and ``better_by`` are sentences."""
    known = list(checks)
    return {
        "id": clause.id,
        "clause": clause.number,
        "class": clause.clause_class.value,
        "zones": list(clause.zones),
        "checks": list(clause.checks),
        "severity": clause.severity.value if clause.severity else None,
        "force": clause.force.value,
        "term": clause.term or None,
        "title": {"en": clause.title_en, "ja": clause.title_ja},
        "attest": {"en": clause.attest_en, "ja": clause.attest_ja} if clause.attest_en else None,
        "decided_by": how(page, clause, known),
        "better_by": better(page, clause, known),
    }


def check_json(check: Check, profiles: Iterable[Profile], page: Page) -> dict[str, Any]:
    """A check and the clauses that it decides."""
    return {
        "id": check.id,
        "name": check.name,
        "title": page.translate(check.title),
        "severity": check.severity.value,
        "needs": sorted(check.needs),
        "why": page.translate(check.why),
        "fix": page.translate(check.fix),
        "wants": page.translate(check.wants),
        "documentation": [page.translate(paragraph) for paragraph in check.documentation],
        "example": check.example,
        "clauses": [clause.id for clause in decided_by(check, profiles)],
    }


def _said(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
