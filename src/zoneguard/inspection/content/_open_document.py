"""Elements of OpenDocument that are hazards (ODF 1.3 part 3): scripts, events, DDE, plug-ins, links to outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from zoneguard.inspection.content._tables import formula_hazard
from zoneguard.inspection.content._xml import local
from zoneguard.model.flows import Hazard

_DDE = ("dde-source", "dde-link", "dde-connection-decl")
_SOURCES = (
    "section-source",
    "table-source",
    "cell-range-source",
    "image",
    "object",
    "object-ole",
    "fill-image",
    "template",
)
_PLUG_INS = ("applet", "plugin", "floating-frame")
_OUTSIDE = re.compile(r"(?i)^\s*(?:[a-z][a-z0-9+.-]+://|file:|\\\\|//)")
_RUNS = re.compile(r"(?i)^\s*(?:vnd\.sun\.star\.script|macro|script|javascript|service|\.uno|slot)\s*:")
_CODE = ("source-code", "script")


def element_hazards(element: Element, where: str) -> Iterator[Hazard]:
    """Hazards of one element; ``where`` names the part it stands in."""
    tag = local(element.tag)
    attributes = {local(k): v for k, v in element.attrib.items()}
    target = attributes.get("href", "")
    if tag in _DDE:
        shown = "|".join(attributes.get(k, "") for k in ("dde-application", "dde-topic", "dde-item"))
        yield Hazard("dde", where, shown[:200])
    elif tag == "event-listener":
        yield Hazard("event-macro", where, (target or attributes.get("macro-name", ""))[:200])
    elif tag in _CODE and (element.text or "").strip():
        yield Hazard("script-macro", where, f"{tag} {attributes.get('language', attributes.get('name', ''))}".strip())
    elif tag == "script" and target:
        yield Hazard("script-macro", where, target[:200])
    elif _RUNS.match(target):
        yield Hazard("event-macro", where, f"{tag} {target[:200]}")
    elif tag in _PLUG_INS or (tag in _SOURCES and _OUTSIDE.match(target)):
        yield Hazard("external-relationship", where, f"{tag} {target[:200]}")
    if formula := attributes.get("formula", ""):
        yield from formula_hazard(formula, where)
