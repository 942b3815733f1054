"""The attestation file: what persons confirmed of clauses that network data cannot decide."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from zoneguard.loading.document import Document, compose
from zoneguard.loading.fields import Day, Entry, Rows, Text
from zoneguard.loading.reading import read_text
from zoneguard.loading.schema import known_version
from zoneguard.loading.validation import validate
from zoneguard.loading.values import near
from zoneguard.model.errors import InputError
from zoneguard.model.policy import Clause, ClauseClass
from zoneguard.model.project import Attestation
from zoneguard.model.text import N_


class AttestationEntry(Entry):
    """What one person confirmed of one clause."""

    clause: Text = Field(description="The clause, as mikasa:24(3).")
    by: Text = Field(description="Who confirms it: office and name.")
    on: Day = Field(description="The day on which it was confirmed.")
    document: Text = Field(description="Where that is written down: title, number, place.")
    until: Day | None = Field(None, description="The last day on which it holds.")


class AttestationFile(Entry):
    """The clauses that persons confirm."""

    zoneguard_attestations: Annotated[Text, AfterValidator(known_version)] = Field(
        description="Version of this format: 1.", json_schema_extra={"type": "integer", "const": 1}
    )
    attestations: Rows[AttestationEntry] = ()


def read_attestations(path: Path, clauses: Iterable[Clause]) -> tuple[tuple[Attestation, ...], list[InputError]]:
    """The rows of the file, and what is wrong with it. ``clauses``: those of the project's profiles.

    Raises ``InputError`` where the file cannot be read.
    """
    document = compose(read_text(path), str(path))
    model, errors, _ = validate(AttestationFile, document)
    errors = [*document.errors, *errors]
    known = {clause.id: clause for clause in clauses}
    rows = model.attestations if model else ()
    for i, entry in enumerate(rows):
        errors += _wrong(document, i, entry, known)
    read = tuple(
        Attestation(e.clause, e.by, e.on, e.document, document.span(("attestations", i)), e.until)
        for i, e in enumerate(rows)
    )
    return read, errors


def _wrong(document: Document, i: int, entry: AttestationEntry, known: dict[str, Clause]) -> Iterable[InputError]:
    place = ("attestations", i, "clause")
    clause = known.get(entry.clause)
    if clause is None:
        missing = N_("no profile here has the clause {name}", name=entry.clause)
        yield document.error(place, N_("{problem}; {hint}", problem=missing, hint=near(entry.clause, known)))
    elif clause.clause_class is ClauseClass.NETWORK:
        yield document.error(place, N_("network data decide {name}; nobody's word can", name=entry.clause))
    if entry.until and entry.until < entry.on:
        yield document.error(("attestations", i, "until"), N_("it would end before the day on which it was confirmed"))
