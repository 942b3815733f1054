"""What is told of persons: who wrote a mail, to whom and about what, who was logged in. Only where it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from zoneguard.model.findings import Finding
from zoneguard.model.flows import Transfer

PERSONAL = frozenset(
    {
        "subject",
        "from",
        "to",
        "date",
        "message-id",
        "envelope-from",
        "envelope-to",
        "reply",
        "user",
        "cookie",
        "client-name",
    }
)


def with_personal_facts(findings: Sequence[Finding], transfers: Iterable[Transfer], asked: bool) -> tuple[Finding, ...]:
    """The findings; of their transfers only personal facts are left, with those of what they are parts of, and none
    where nobody ``asked`` for them."""
    by_key = {transfer.key: transfer for transfer in transfers} if asked else {}

    def told(transfer: Transfer) -> Transfer:
        facts: list[tuple[str, str]] = []
        above: Transfer | None = transfer
        while above is not None and asked:
            facts += (fact for fact in above.facts if fact[0] in PERSONAL)
            above = by_key.get(above.parent) if above.parent else None
        return replace(transfer, facts=tuple(dict.fromkeys(facts)))

    return tuple(replace(f, transfer=told(f.transfer)) if f.transfer else f for f in findings)
