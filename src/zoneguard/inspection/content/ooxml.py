"""Office Open XML (docx, xlsx, pptx and their macro, template and binary kinds): ECMA-376, MS-OFFMACRO2, MS-XLSB.

Found: VBA projects, Excel 4 macro sheets, ActiveX controls, embedded objects and documents, DDE fields and links,
templates and other parts fetched from outside, data connections, add-ins. Plain hyperlinks are no hazard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content import _zip
from zoneguard.inspection.content._compound import MAGIC
from zoneguard.inspection.content._fields import field_hazards
from zoneguard.inspection.content._relations import binary_link_hazards, part_hazards, relation_hazard, type_hazard
from zoneguard.inspection.content._texts import holds
from zoneguard.inspection.content._xml import UnreadableError, elements, local
from zoneguard.inspection.content.archive import CONTENT_TYPES, is_package, zip_examination
from zoneguard.inspection.naming import extension
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

_KINDS = {
    "wordprocessingml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "spreadsheetml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "presentationml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_MACRO_TYPES = {
    "wordprocessingml": "application/vnd.ms-word.document.macroEnabled.12",
    "spreadsheetml": "application/vnd.ms-excel.sheet.macroEnabled.12",
    "presentationml": "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
}
_FOLDERS = {"word/": "wordprocessingml", "xl/": "spreadsheetml", "ppt/": "presentationml"}
_FIELD_MARKS = (b"instrtext", b"fldsimple", b"ddelink", b"ppaction", b"webservice", b"\0")  # zero: UTF-16
_XML = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x00]*<")
_PLAIN_PARTS = frozenset(("xml", "rels", "vml", "bin", "odttf", "fntdata", "psmdcp"))
_OPENED = (MAGIC, b"PK\x03\x04", b"MZ", b"%PDF", b"{\\rt", b"\x7fELF")


def recognise(content: Content) -> Recognition:
    """A zip with the list of content types."""
    listing = _zip.listing(content.data)
    return Recognition.STRONG if listing and is_package(listing) else Recognition.NO


def examine(content: Content, budget: Budget) -> Examination:
    """Every active, embedded or external part, with its name in the package."""
    listing = _zip.listing(content.data)
    assert listing is not None  # recognised by it
    opened = zip_examination(content.data, listing, budget, "")
    hazards: list[Hazard] = list(opened.hazards)
    members: list[Content] = []
    types: dict[str, str] = {}
    unread: Text | str = ""
    try:
        types = _types(opened.members)
    except UnreadableError:
        unread = N_("{part} is not well-formed", part=CONTENT_TYPES)
    for part in opened.members:
        found: list[Hazard] = []
        try:
            found += _typed(part, types)
            for look in (part_hazards, binary_link_hazards, _related, _fielded):
                found += look(part)
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


def _related(part: Content) -> Iterator[Hazard]:
    """By relationships."""
    if not part.name.lower().endswith(".rels"):
        return
    for element in elements(part.data):
        if local(element.tag) == "Relationship":
            yield from relation_hazard(element, part.name)


def _fielded(part: Content) -> Iterator[Hazard]:
    """By fields, links, formulas and actions that start a program or fetch content."""
    if _XML.match(part.data) and holds(part.data, _FIELD_MARKS):
        yield from field_hazards(part.data, part.name)


def _types(parts: Iterable[Content]) -> dict[str, str]:
    """Part name or ``*.ending`` in lower case → content type. Raises ``UnreadableError``."""
    types: dict[str, str] = {}
    for part in parts:
        for element in elements(part.data) if part.name.lower() == CONTENT_TYPES.lower() else ():
            declared = element.get("ContentType", "")
            name = element.get("PartName", "").lstrip("/") or "*." + element.get("Extension", "")
            if local(element.tag) in ("Override", "Default") and declared:
                types[name.lower()] = declared
    return types


def _typed(part: Content, types: dict[str, str]) -> Iterator[Hazard]:
    """By the type that the list of content types gives it, by its name or by its ending."""
    name = part.name.lower()
    yield from type_hazard(types.get(name) or types.get(f"*.{extension(name)}", ""), part.name)


def _worth_opening(part: Content, found: list[Hazard]) -> bool:
    """Embedded objects, and whatever is neither XML nor a known plain part; a VBA project was read already."""
    if any(h.kind == "embedded-object" and h.where == part.name for h in found):
        return True
    if any(h.kind in ("vba-macro", "activex") for h in found):
        return False
    return extension(part.name) not in _PLAIN_PARTS or part.data.startswith(_OPENED)


def _media_type(types: dict[str, str], names: list[str], hazards: list[Hazard]) -> str:
    kind = next((k for folder, k in _FOLDERS.items() if any(n.lower().startswith(folder) for n in names)), "")
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
