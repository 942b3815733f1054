"""A profile: one policy document as a YAML file, its clauses and the checks that decide them."""

from __future__ import annotations

import hashlib
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from zoneguard.loading.document import Document, compose
from zoneguard.loading.fields import Entry, Rows, Some, Text, one_of
from zoneguard.loading.reading import decode, read_bytes
from zoneguard.loading.schema import known_version
from zoneguard.loading.validation import validate
from zoneguard.loading.values import near
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.policy import Clause, ClauseClass, Force, Profile, Settings, Severity
from zoneguard.model.text import N_

GROUP = "zoneguard.profiles"


class Titles(Entry):
    """The same in English and in Japanese."""

    en: Text
    ja: Text


class ClauseEntry(Entry):
    """One clause of the document."""

    clause: Text = Field(description="The clause's number as the document counts, as 24(1) or 26-2.")
    clause_class: Annotated[ClauseClass, *one_of(ClauseClass)] = Field(
        alias="class", description="N: network data decides; P: by a proxy; X: the register does; A: a person's word."
    )
    title: Titles = Field(description="What the clause asks, in one's own words.")
    term: Text | None = Field(None, description="The document's own key term, short.")
    zones: Some[Text] = Field((), description="Zone classes it speaks of; none: the whole network.")
    checks: Some[Text] = Field((), description="Ids of the checks that decide it.")
    severity: Annotated[Severity, *one_of(Severity)] | None = Field(None, description="Of a violation.")
    force: Annotated[Force, *one_of(Force)] = Field(Force.MUST, description="How much the clause's own words demand.")
    attest: Titles | None = Field(
        None, description="What a person has to confirm: class A, and where no check decides."
    )


class SettingsEntry(Entry):
    """What the document lays down beside its clauses."""

    approver: Text | None = Field(None, description="Office that permits exceptions, as the register writes it.")
    minor_approver: Text | None = Field(None, description="Office that may permit those that are minor.")
    connection_approvers: Some[Text] = Field(
        (), description="Offices that all have to permit a connection to an external network."
    )


class ProfileFile(Entry):
    """A zoneguard profile: one policy document."""

    zoneguard_profile: Annotated[Text, AfterValidator(known_version)] = Field(
        description="Version of this format: 1.", json_schema_extra={"type": "integer", "const": 1}
    )
    name: Text = Field(description="Short name; clause ids begin with it.")
    title: Titles
    settings: SettingsEntry | None = None
    clauses: Rows[ClauseEntry] = Field(min_length=1)


def shipped_profiles() -> dict[str, Path]:
    """Name → file of every profile that comes with zoneguard or with a plug-in (entry point group of the same name)."""
    own = {p.name.removesuffix(".yaml"): Path(str(p)) for p in files(GROUP).iterdir() if p.name.endswith(".yaml")}
    return dict(sorted({**own, **{e.name: Path(str(e.load())) for e in entry_points(group=GROUP)}}.items()))


def load_profile(name_or_path: str, root: Path | None = None) -> Profile:
    """The shipped profile of that name, or the one in the file of that path (relative to ``root``).

    Raises ``InputErrors``; where the name is unknown, ``InputError`` without a place.
    """
    shipped = shipped_profiles()
    if name_or_path in shipped:
        return read_profile(shipped[name_or_path])
    if not name_or_path.endswith((".yaml", ".yml")):
        hint = near(name_or_path, shipped)
        raise InputError(
            N_("no profile is called `{name}` (a path ends in .yaml); {hint}", name=name_or_path, hint=hint)
        )
    return read_profile((root or Path()) / name_or_path)


def read_profile(path: Path) -> Profile:
    """The profile in the file ``path``. Raises ``InputError`` (it cannot be read) or ``InputErrors`` (its content)."""
    data = read_bytes(path)
    document = compose(decode(data, str(path)), str(path))
    model, errors, _ = validate(ProfileFile, document)
    problems = [*document.errors, *errors]
    if model is not None:
        problems += _inconsistent(model, document)
    if model is None or problems:
        raise InputErrors(tuple(sorted(problems, key=lambda e: (e.line, e.column))))
    return Profile(
        name=model.name,
        title_en=model.title.en,
        title_ja=model.title.ja,
        clauses=tuple(_clause(model.name, c) for c in model.clauses),
        settings=_settings(model.settings),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _inconsistent(model: ProfileFile, document: Document) -> list[InputError]:
    out = []
    seen: dict[str, int] = {}
    for i, clause in enumerate(model.clauses):
        place = ("clauses", i, "clause")
        if clause.clause in seen:
            first, _ = document.place(("clauses", seen[clause.clause], "clause"))
            out.append(
                document.error(place, N_("clause {clause} is already in line {line}", clause=clause.clause, line=first))
            )
        seen.setdefault(clause.clause, i)
        if clause.clause_class is ClauseClass.ATTESTATION and clause.attest is None:
            out.append(document.error(place, N_("a clause of class A says under `attest` what has to be confirmed")))
    return out


def _clause(profile: str, entry: ClauseEntry) -> Clause:
    return Clause(
        id=f"{profile}:{entry.clause}",
        clause_class=entry.clause_class,
        title_en=entry.title.en,
        title_ja=entry.title.ja,
        zones=entry.zones,
        checks=entry.checks,
        severity=entry.severity,
        attest_en=entry.attest.en if entry.attest else "",
        attest_ja=entry.attest.ja if entry.attest else "",
        force=entry.force,
        term=entry.term or "",
    )


def _settings(entry: SettingsEntry | None) -> Settings:
    if entry is None:
        return Settings()
    return Settings(entry.approver or "", entry.minor_approver or "", entry.connection_approvers)
