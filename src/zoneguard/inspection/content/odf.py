"""OpenDocument (odt, ods, odp), ODF 1.3: Basic and other scripts, embedded objects, links to outside, DDE."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content import _zip
from zoneguard.inspection.content._open_document import element_hazards
from zoneguard.inspection.content._xml import UnreadableError, elements
from zoneguard.inspection.content.archive import is_open_document, zip_examination
from zoneguard.inspection.naming import extension
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

_PREFIX = "application/vnd.oasis.opendocument."
_SCRIPTS = re.compile(r"^(?:Basic/(?!.*script-l[bc]\.xml$)|Scripts/|.*\.(?:py|js|bsh|class|jar)$)")
_OBJECT = re.compile(r"^Object [^/]+$")
_PARSED = ("content.xml", "styles.xml", "meta.xml")
_PLAIN_PARTS = frozenset(("xml", "rdf", "svm", "ttf", "otf"))
_PASSIVE = ("layout-cache", "ObjectReplacements/", "Configurations2/", "META-INF/", "Thumbnails/")


def recognise(content: Content) -> Recognition:
    """A zip whose first member says so, or that has the parts of one."""
    listing = _zip.listing(content.data)
    return Recognition.STRONG if listing is not None and is_open_document(listing) else Recognition.NO


def examine(content: Content, budget: Budget) -> Examination:
    """Scripts and objects by their place, links and events by the text's elements."""
    listing = _zip.listing(content.data)
    assert listing is not None  # recognised by it
    opened = zip_examination(content.data, listing, budget, "")
    hazards = list(opened.hazards)
    members: list[Content] = []
    unread: Text | str = ""
    media_type = ""
    for part in opened.members:
        if part.name == "mimetype":
            media_type = part.data[:100].decode("ascii", "replace").strip()
        elif part.name.endswith(_PARSED):
            try:
                hazards += _elements(part)
            except UnreadableError:
                unread = unread or N_("{part} is not well-formed", part=part.name)
        elif _SCRIPTS.match(part.name):
            hazards.append(Hazard("script-macro", part.name))
        elif _OBJECT.match(part.name):
            hazards.append(Hazard("embedded-object", part.name))
            members.append(part)
        elif part.name == "META-INF/manifest.xml" and b"encryption-data" in part.data:
            hazards.append(Hazard("encrypted", part.name))
        elif extension(part.name) not in _PLAIN_PARTS and not part.name.startswith(_PASSIVE):
            members.append(part)
    locked = any(h.kind == "encrypted" for h in hazards)
    return Examination(
        media_type if media_type.startswith("application/") else _PREFIX + "unknown",
        tuple(dict.fromkeys(hazards)),
        opaque=opened.opaque or (N_("encrypted document") if locked else ""),
        partial=opened.partial or unread,
        members=tuple(members),
    )


def _elements(part: Content) -> Iterator[Hazard]:
    for element in elements(part.data):
        yield from element_hazards(element, part.name)


PLUGIN = ContentFamily("odf", "OpenDocument", recognise, examine)
