"""Parts of an Office Open XML package that are hazards by their name, type or relationship (ECMA-376 part 2)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from zoneguard.inspection import Content
from zoneguard.inspection.content._compound import MAGIC, open_compound
from zoneguard.inspection.content._vba import vba_hazards
from zoneguard.model.flows import Hazard

_BY_NAME: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"(^|/)vbaProject[^/]*\.bin$", "vba-macro"),
        (r"^xl/(intl)?macrosheets/[^/]+\.(xml|bin)$", "xlm-macro"),
        (r"(^|/)activeX/[^/]+\.(xml|bin)$", "activex"),
        (r"(^|/)embeddings/[^/]+$", "embedded-object"),
        (r"(^|/)webextensions/[^/]+\.xml$", "add-in"),
        (r"^xl/connections\.(xml|bin)$", "external-connection"),
        (r"^xl/queryTables/[^/]+$", "external-connection"),
    )
)
_BY_TYPE = {
    "application/vnd.ms-office.vbaproject": "vba-macro",
    "application/vnd.ms-excel.macrosheet+xml": "xlm-macro",
    "application/vnd.ms-excel.intlmacrosheet+xml": "xlm-macro",
    "application/vnd.ms-excel.macrosheet": "xlm-macro",
    "application/vnd.ms-excel.intlmacrosheet": "xlm-macro",
    "application/vnd.ms-office.activex": "activex",
    "application/vnd.ms-office.activex+xml": "activex",
    "application/vnd.openxmlformats-officedocument.oleobject": "embedded-object",
    "application/vnd.openxmlformats-officedocument.package": "embedded-object",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml": "external-connection",
}
_BY_RELATION = {
    "vbaProject": "vba-macro",
    "xlMacrosheet": "xlm-macro",
    "xlIntlMacrosheet": "xlm-macro",
    "control": "activex",
    "activeXControlBinary": "activex",
    "oleObject": "embedded-object",
    "package": "embedded-object",
    "aFChunk": "embedded-object",
    "webextension": "add-in",
    "connections": "external-connection",
}
_BINARY_LINKS = re.compile(r"(?i)^xl/externalLinks/[^/]+\.bin$")
_BEGIN_SUP_BOOK = 360
_LINKS = {1: "dde", 2: "external-relationship"}
_SCHEMES = re.compile(r"(?i)^\s*(?:mhtml|ms-[a-z-]+|search-ms|script|javascript|vbscript|shell)\s*:")


def part_hazards(part: Content) -> Iterator[Hazard]:
    """By the name of the part; a VBA project by its bytes as well."""
    for pattern, kind in _BY_NAME:
        if pattern.search(part.name):
            if kind == "vba-macro" and (compound := open_compound(part.data)) is not None:
                yield from vba_hazards(compound, f"{part.name}!") or [Hazard(kind, part.name)]
            else:
                yield Hazard(kind, part.name)
            return
    if part.data.startswith(MAGIC) and (compound := open_compound(part.data)) is not None:
        yield from vba_hazards(compound, f"{part.name}!")


def binary_link_hazards(part: Content) -> Iterator[Hazard]:
    """DDE and OLE links of a binary workbook: ``BrtBeginSupBook`` (MS-XLSB 2.4.289) in a part of external links."""
    if not _BINARY_LINKS.search(part.name):
        return
    at = 0
    while at < len(part.data):
        kind, at = _seven_bits(part.data, at, 2)
        size, at = _seven_bits(part.data, at, 4)
        body = part.data[at : at + size]
        at += size
        link = _LINKS.get(int.from_bytes(body[:2], "little")) if kind == _BEGIN_SUP_BOOK else None
        if link is not None:
            yield Hazard(link, part.name, body[6:].decode("utf-16-le", "replace").replace("\0", " ").strip()[:200])


def _seven_bits(data: bytes, at: int, longest: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and what follows it."""
    value = 0
    for place in range(longest):
        byte = data[at] if at < len(data) else 0
        at += 1
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            break
    return value, at


def type_hazard(declared: str, name: str) -> Iterator[Hazard]:
    """By the content type that is declared for the part ``name``."""
    if kind := _BY_TYPE.get(declared.lower(), ""):
        yield Hazard(kind, name)


def relation_hazard(element: Element, where: str) -> Iterator[Hazard]:
    """By what a ``Relationship`` leads to, in the package or out of it. Plain hyperlinks are no hazard."""
    kind = element.get("Type", "").rpartition("/")[2]
    target = element.get("Target", "")
    if element.get("TargetMode", "").lower() == "external":
        if kind == "attachedTemplate":
            yield Hazard("external-template", where, target[:300])
        elif kind != "hyperlink" or _SCHEMES.match(target):
            yield Hazard("external-relationship", where, f"{kind} {target[:300]}")
    elif kind in _BY_RELATION:
        yield Hazard(_BY_RELATION[kind], _resolved(where, target)[:300] or where)


def _resolved(where: str, target: str) -> str:
    """The name of the part that a relationship in ``where`` leads to."""
    folder = where.rpartition("_rels/")[0]
    return posixpath.normpath(posixpath.join("/", folder, target.replace("\\", "/"))).lstrip("/")
