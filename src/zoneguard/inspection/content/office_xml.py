"""Office documents as one XML file: Word 2003 and Excel 2003 (WordprocessingML, SpreadsheetML), Flat OPC, Flat ODF.

Macros and objects stand in them as base64: ``binData``, ``binaryData``, ``binary-data``. Found are also fields,
templates and other parts from elsewhere, formulas that start a program, Basic modules and bound events.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._fields import field_hazards
from zoneguard.inspection.content._open_document import element_hazards
from zoneguard.inspection.content._relations import part_hazards, relation_hazard, type_hazard
from zoneguard.inspection.content._tables import formula_hazard
from zoneguard.inspection.content._texts import ascii_compatible
from zoneguard.inspection.content._xml import UnreadableError, elements, local
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

_START = re.compile(rb"\s*+(?:<\?xml\b|<\?mso-application\b|<!--|<[\w.-]{1,30}:)")
_TYPES: tuple[tuple[bytes, str], ...] = (
    (b"schemas.microsoft.com/office/2006/xmlPackage", "application/vnd.ms-office.flat-opc"),
    (b"schemas.microsoft.com/office/word/2003/wordml", "application/msword+xml"),
    (b"urn:schemas-microsoft-com:office:spreadsheet", "application/vnd.ms-excel+xml"),
    (b"urn:oasis:names:tc:opendocument:xmlns:office:1.0", "application/vnd.oasis.opendocument.flat-xml"),
    (b"<?mso-application", "application/vnd.ms-office+xml"),
)
_HEAD = 16384
_PACKED = ("binData", "binaryData", "binary-data")
_PRESENT = {"macrosPresent": "vba-macro", "embeddedObjPresent": "embedded-object", "ocxPresent": "activex"}


def recognise(content: Content) -> Recognition:
    """By the names of the formats among the first declarations."""
    return Recognition.STRONG if _media_type(content.data) else Recognition.NO


def _media_type(data: bytes) -> str:
    start = ascii_compatible(data[:_HEAD])
    return next((kind for mark, kind in _TYPES if mark in start), "") if _START.match(start) else ""


def examine(content: Content, budget: Budget) -> Examination:
    """Every active element, and the files that stand in it as base64."""
    hazards: list[Hazard] = []
    members: list[Content] = []
    problem: Text | str = ""
    try:
        for element in elements(content.data):
            hazards += _of_element(element)
            if local(element.tag) in _PACKED and budget.member():
                member = _unpacked(element, len(members))
                budget.expand(len(member.data))
                members.append(member)
            elif local(element.tag) == "part" and members and members[-1].name.startswith("#"):
                named = _named(element)  # its data came before it
                members[-1] = Content(members[-1].data, named or members[-1].name, whole=members[-1].whole)
                hazards += part_hazards(members[-1])
        hazards += field_hazards(content.data, "fields")
    except UnreadableError:
        problem = N_("{part} is not well-formed", part=content.name or "XML")
    return Examination(
        _media_type(content.data),
        tuple(dict.fromkeys(hazards)),
        partial=problem or budget.spent or "",
        members=tuple(members),
    )


def _of_element(element: Element) -> Iterator[Hazard]:
    tag = local(element.tag)
    attributes = {local(k): v for k, v in element.attrib.items()}
    if tag == "Relationship":
        yield from relation_hazard(element, "relationships")
    elif tag == "part":
        yield from type_hazard(attributes.get("contentType", ""), attributes.get("name", ""))
    elif tag == "attachedTemplate":
        yield Hazard("external-template", tag, attributes.get("val", "")[:300])
    elif tag == "OLEObject":
        yield Hazard("embedded-object", tag, attributes.get("ProgID", "")[:100])
    elif "Formula" in attributes:
        yield from formula_hazard(attributes["Formula"], tag)
    for name, kind in _PRESENT.items():
        if attributes.get(name) == "yes":
            yield Hazard(kind, tag, name)
    yield from element_hazards(element, tag)


def _named(element: Element) -> str:
    return next((v for k, v in element.attrib.items() if local(k) == "name"), "").lstrip("/")


def _unpacked(element: Element, number: int) -> Content:
    """The file in an element; one without a name of its own is numbered."""
    text = (element.text or "").encode("ascii", "ignore")
    name = _named(element).rpartition("/")[2] or f"#{number + 1}"
    try:
        return Content(base64.b64decode(text), name)
    except binascii.Error:
        return Content(base64.b64decode(text[: len(text) // 4 * 4] + b"====", validate=False), name, whole=False)


PLUGIN = ContentFamily("office-xml", "Office documents as one XML file", recognise, examine)
