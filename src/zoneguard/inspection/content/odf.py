"""OpenDocument (odt, ods, odp), ODF 1.3: Basic and other scripts, embedded objects, links to outside, DDE."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content import _zip
from zoneguard.inspection.content._xml import UnreadableError, elements, local
from zoneguard.inspection.content.archive import zip_examination
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

_PREFIX = "application/vnd.oasis.opendocument."
_SCRIPTS = re.compile(r"^(?:Basic/(?!.*script-l[bc]\.xml$)|Scripts/|.*\.(?:py|js|bsh|class|jar)$)")
_OBJECT = re.compile(r"^Object [^/]+$")
_PARSED = ("content.xml", "styles.xml")


def recognise(content: Content) -> Recognition:
    """A zip whose first member says so."""
    listing = _zip.listing(content.data)
    if listing is None or not listing.entries or listing.entries[0].name != "mimetype":
        return Recognition.NO
    return Recognition.STRONG


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
        tag = local(element.tag)
        attributes = {local(k): v for k, v in element.attrib.items()}
        if tag in ("dde-source", "dde-link", "dde-connection-decl"):
            shown = "|".join(attributes.get(k, "") for k in ("dde-application", "dde-topic", "dde-item"))
            yield Hazard("dde", part.name, shown[:200])
        elif tag == "event-listener":
            yield Hazard("event-macro", part.name, attributes.get("href", attributes.get("macro-name", ""))[:200])
        elif tag in ("applet", "plugin", "floating-frame"):
            yield Hazard("external-relationship", part.name, f"{tag} {attributes.get('href', '')[:200]}")
        elif tag in ("section-source", "table-source", "image") and "://" in attributes.get("href", ""):
            yield Hazard("external-relationship", part.name, f"{tag} {attributes['href'][:200]}")


PLUGIN = ContentFamily("odf", "OpenDocument", recognise, examine)
