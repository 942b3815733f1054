"""A policy document as data: its clauses, their force, and which checks decide them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for ``info`` to 4 for ``critical``."""
        return ("info", "low", "medium", "high", "critical").index(self.value)


class Verdict(StrEnum):
    CONFORMS = "conforms"  # 適合
    VIOLATES = "violates"  # 不適合
    UNDETERMINED = "undetermined"  # 確認不能
    NOT_APPLICABLE = "not-applicable"  # 対象外
    ATTESTATION_NEEDED = "attestation-needed"  # 要証明


class ClauseClass(StrEnum):
    NETWORK = "N"  # network data decides
    PROXY = "P"  # network data gives a proxy
    REGISTER = "X"  # the register decides
    ATTESTATION = "A"  # a person's word


class Force(StrEnum):
    """How much the clause's own words demand."""

    MUST = "must"  # しなければならない, すること, してはならない
    PRINCIPLE = "principle"  # 原則として
    EFFORT = "effort"  # 努める, 望ましい
    DEFINITION = "definition"  # says what a word means; other clauses demand it


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause; ``id`` is ``profile:number`` as in ``mikasa:24(1)``; titles are paraphrases, never the text.

    ``attest_*`` say what a person has to confirm where network data cannot; ``term`` is the document's own key term.
    """

    id: str
    clause_class: ClauseClass
    title_en: str
    title_ja: str
    zones: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    severity: Severity | None = None
    attest_en: str = ""
    attest_ja: str = ""
    force: Force = Force.MUST
    term: str = ""

    @property
    def number(self) -> str:
        """The id without the profile's name, as ``24(1)``."""
        return self.id.partition(":")[2]

    @property
    def weight(self) -> Severity | None:
        """The severity of breaking it, by the force of its words: ``principle`` is a step below ``must``, ``effort`` is
        ``low`` at most."""
        if self.severity is None or self.force in (Force.MUST, Force.DEFINITION):
            return self.severity
        ranked = sorted(Severity, key=lambda s: s.rank)
        top = self.severity.rank - 1 if self.force is Force.PRINCIPLE else Severity.LOW.rank
        return ranked[max(0, min(self.severity.rank, top))]


def is_part(clause: str, whole: str) -> bool:
    """Whether the id or number ``clause`` is a part of ``whole``, as ``24(1)前段`` is of ``24(1)`` and of ``24``."""
    rest = clause.removeprefix(whole)
    return bool(whole) and clause != rest != "" and not whole.endswith(":") and not rest[0].isdigit()


@dataclass(frozen=True, slots=True)
class Settings:
    """What a policy lays down beside its clauses: who permits exceptions, who those that are minor, and who all have to
    permit a connection to an external network. Empty: nobody is named."""

    approver: str = ""
    minor_approver: str = ""
    connection_approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """One policy document. ``sha256`` is that of the file that holds it."""

    name: str
    title_en: str
    title_ja: str
    clauses: tuple[Clause, ...]
    settings: Settings = Settings()
    sha256: str = ""

    def citing(self, check: str, aspect: str = "") -> tuple[Clause, ...]:
        """The clauses that ``check`` decides, in the document's order: those that name it, or this aspect of it.

        Of an aspect ``dmz>internet`` a clause may name one side alone, as ``dmz`` or ``>internet``.
        """
        start, arrow, end = aspect.partition(">")
        sides = (start, arrow + end) if arrow else ()
        names = {check, *(f"{check}:{part}" for part in (aspect, *sides))}
        return tuple(c for c in self.clauses if names & set(c.checks))
