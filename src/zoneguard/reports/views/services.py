"""The service matrix of a ruleset: classes of addresses, and which may open connections to which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoneguard.model.addresses import format_addresses
from zoneguard.model.device import Misunderstood
from zoneguard.model.text import N_
from zoneguard.reports._page import Page
from zoneguard.reports._values import evidence
from zoneguard.static.services import ServiceMatrix


def matrix_json(matrix: ServiceMatrix, uncertain: Sequence[Misunderstood]) -> dict[str, Any]:
    """The object that ``docs/explanation/service-matrix.md`` describes."""
    return {
        "service_matrix": {
            "classes": [{"name": c.name, "addresses": format_addresses(c.addresses)} for c in matrix.classes],
            "edges": [list(edge) for edge in matrix.edges],
        },
        "uncertain": [{"text": m.text, "reason": m.reason, "evidence": evidence(m.span)} for m in uncertain],
    }


def write_matrix(page: Page, matrix: ServiceMatrix, title: str, uncertain: Sequence[Misunderstood]) -> None:
    """Each class with its addresses and with the classes that it may reach; then the lines that could change that."""
    page.line(page.paint(title, "bold"))
    reached: dict[str, list[str]] = {c.name: [] for c in matrix.classes}
    for source, destination in matrix.edges:
        reached[source].append(destination)
    page.heading(page.say(N_("Classes of addresses that behave alike")))
    for cls in matrix.classes:
        page.field(cls.name, [", ".join(format_addresses(cls.addresses))], 2, 6)
    page.heading(page.say(N_("Who may open a connection to whom")))
    for name, to in reached.items():
        page.field(name, ["→ " + (", ".join(to) or page.say(N_("nobody")))], 2, 6)
    if uncertain:
        page.heading(page.say(N_("Not understood")))
    for entry in uncertain:
        page.paragraph(f"{entry.span}  {entry.text}", 2)
        page.paragraph(page.translate(entry.reason), 4, "dim")
