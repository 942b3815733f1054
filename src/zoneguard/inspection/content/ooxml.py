"""Office Open XML (docx, xlsx, pptx and their macro, template and binary kinds): ECMA-376, MS-OFFMACRO2, MS-XLSB.

Found: VBA projects, Excel 4 macro sheets, ActiveX controls, embedded objects and documents, DDE fields and links,
templates and other parts fetched from outside, data connections, add-ins. Plain hyperlinks are no hazard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content import _zip
from zoneguard.inspection.content._compound import MAGIC, open_compound
from zoneguard.inspection.content._fields import field_hazards
from zoneguard.inspection.content._vba import vba_hazards
from zoneguard.inspection.content._xml import UnreadableError, elements, local
from zoneguard.inspection.content.archive import zip_examination
from zoneguard.inspection.naming import extension
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

CONTENT_TYPES = "[Content_Types].xml"
_KINDS = {
    "wordprocessingml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "spreadsheetml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "presentationml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
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
}
_MACRO_TYPES = {
    "wordprocessingml": "application/vnd.ms-word.document.macroEnabled.12",
    "spreadsheetml": "application/vnd.ms-excel.sheet.macroEnabled.12",
    "presentationml": "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
}
_FOLDERS = {"word/": "wordprocessingml", "xl/": "spreadsheetml", "ppt/": "presentationml"}
_SCHEMES = re.compile(r"(?i)^\s*(?:mhtml|ms-[a-z-]+|search-ms|script|javascript|vbscript|shell)\s*:")
_FIELD_MARKS = re.compile(rb"instrText|fldSimple|ddeLink|\x00", re.IGNORECASE)  # a zero byte: UTF-16
_PLAIN_PARTS = frozenset(("xml", "rels", "vml", "bin", "odttf", "fntdata", "psmdcp"))
_OPENED = (MAGIC, b"PK\x03\x04", b"MZ", b"%PDF", b"{\\rt", b"\x7fELF")


def recognise(content: Content) -> Recognition:
    """A zip with the list of content types."""
    listing = _zip.listing(content.data)
    return Recognition.STRONG if listing and CONTENT_TYPES in listing.names() else Recognition.NO


def examine(content: Content, budget: Budget) -> Examination:
    """Every active, embedded or external part, with its name in the package."""
    listing = _zip.listing(content.data)
    assert listing is not None  # recognised by it
    opened = zip_examination(content.data, listing, budget, "")
    hazards: list[Hazard] = list(opened.hazards)
    members: list[Content] = []
    types: dict[str, str] = {}
    unread: Text | str = ""
    for part in opened.members:
        found: list[Hazard] = []
        try:
            for look in (_named, _related, _fielded):
                found += look(part)
            found += _typed(part, types)
        except UnreadableError:
            unread = unread or N_("{part} is not well-formed", part=part.name)
        hazards += found
        if _worth_opening(part, found):
            members.append(part)
    return Examination(
        _media_type(types, [p.name for p in opened.members], hazards),
        tuple(_merged(hazards)),
        opaque=opened.opaque,
        partial=opened.partial or unread,
        members=tuple(members),
    )


def _named(part: Content) -> Iterator[Hazard]:
    """By the name of the part."""
    for pattern, kind in _BY_NAME:
        if pattern.search(part.name):
            if kind == "vba-macro" and (compound := open_compound(part.data)) is not None:
                yield from vba_hazards(compound, f"{part.name}!") or [Hazard(kind, part.name)]
            else:
                yield Hazard(kind, part.name)
            return
    if part.data.startswith(MAGIC) and (compound := open_compound(part.data)) is not None:
        yield from vba_hazards(compound, f"{part.name}!")


def _typed(part: Content, types: dict[str, str]) -> Iterator[Hazard]:
    """By the list of content types; fills ``types``: part name → type."""
    if part.name != CONTENT_TYPES:
        return
    for element in elements(part.data):
        declared = element.get("ContentType", "")
        name = element.get("PartName", "").lstrip("/") or "*." + element.get("Extension", "")
        if local(element.tag) in ("Override", "Default") and declared:
            types[name] = declared
            if (kind := _BY_TYPE.get(declared.lower(), "")) and not name.startswith("*."):
                yield Hazard(kind, name)


def _related(part: Content) -> Iterator[Hazard]:
    """By relationships that lead out of the package."""
    if not part.name.endswith(".rels"):
        return
    for element in elements(part.data):
        if local(element.tag) != "Relationship":
            continue
        kind = element.get("Type", "").rpartition("/")[2]
        target = element.get("Target", "")
        if element.get("TargetMode", "").lower() == "external":
            if kind == "attachedTemplate":
                yield Hazard("external-template", part.name, target[:300])
            elif kind != "hyperlink" or _SCHEMES.match(target):
                yield Hazard("external-relationship", part.name, f"{kind} {target[:300]}")
        elif kind == "aFChunk":
            yield Hazard("embedded-object", part.name, f"{kind} {target[:300]}")


def _fielded(part: Content) -> Iterator[Hazard]:
    """By fields and links that start a program (DDE)."""
    if part.name.endswith(".xml") and _FIELD_MARKS.search(part.data):
        yield from field_hazards(part.data, part.name)


def _worth_opening(part: Content, found: list[Hazard]) -> bool:
    """Embedded objects, and whatever is neither XML nor a known plain part; a VBA project was read already."""
    if any(h.kind == "embedded-object" and h.where == part.name for h in found):
        return True
    if any(h.kind in ("vba-macro", "activex") for h in found):
        return False
    return extension(part.name) not in _PLAIN_PARTS or part.data.startswith(_OPENED)


def _media_type(types: dict[str, str], names: list[str], hazards: list[Hazard]) -> str:
    kind = next((k for folder, k in _FOLDERS.items() if any(n.startswith(folder) for n in names)), "")
    macro = any("macroEnabled" in t for t in types.values()) or any(h.kind.endswith("-macro") for h in hazards)
    return (_MACRO_TYPES if macro else _KINDS).get(kind, "application/vnd.openxmlformats-package")


def _merged(hazards: list[Hazard]) -> Iterator[Hazard]:
    """One hazard for each kind and place; the one that says most."""
    best: dict[tuple[str, str], Hazard] = {}
    for hazard in hazards:
        place = hazard.where.partition("!")[0] if hazard.kind == "vba-macro" else hazard.where + hazard.detail
        key = (hazard.kind, place)
        if key not in best or len(hazard.detail) > len(best[key].detail):
            best[key] = hazard
    yield from best.values()


PLUGIN = ContentFamily("ooxml", "Office Open XML", recognise, examine)
