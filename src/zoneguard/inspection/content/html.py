"""HTML and SVG: scripts, event handlers, script addresses, frames, plug-ins, redirections, styles that act, files in
data addresses; what the page takes from other hosts: style sheets, its base, files of shares."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._styles import acting, elsewhere, imported, share
from zoneguard.inspection.content._texts import ascii_compatible, holds
from zoneguard.inspection.naming import extension
from zoneguard.model.flows import Hazard

_TYPES = ("text/html", "application/xhtml+xml", "image/svg+xml")
_START = re.compile(
    rb"\s*+(?:<\?xml[^>]{0,200}\?>\s*+|(?><!--.{0,2000}?-->)\s*+)*+"
    rb"<(?:!doctype\s+(?:html|svg)|html|head|body|svg|script|table|div|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(rb"\s*<[?!a-zA-Z]")
_ACTIVE_XML = re.compile(rb"1999/xhtml|2000/svg|xml-stylesheet|XSL/Transform|TR/WD-xsl")
_TAG = re.compile(rb"<(\??[a-zA-Z][a-zA-Z0-9:_-]{0,40})")
_INSIDE = re.compile(rb"""(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+)*+""")
_ATTRIBUTE = re.compile(rb"""(?<![-a-zA-Z0-9_:.])([a-zA-Z_:][-a-zA-Z0-9_:.]*)\s*=\s*("[^"]*"?|'[^']*'?|[^\s>]*)""")
_SCRIPT_ADDRESS = re.compile(
    r"(?i)^[\x00-\x20]*(javascript|vbscript|data\s*:\s*text/html|(?:mhtml|ms-[a-z-]+|search-ms|shell)\s*:)\s*[:,;]?"
)
_DATA_ADDRESS = re.compile(r"(?is)^\s*data:([\w.+-]+/[\w.+-]+)?((?:;[^,;]{0,100})*),(.*)$")
_ACTIVE_TAGS = {
    *(b"script", b"iframe", b"frame", b"object", b"embed", b"applet", b"form", b"portal"),
    *(b"handler", b"listener", b"?import", b"?xml-stylesheet", b"bgsound", b"layer", b"ilayer", b"xss"),
}
_WORDS = (
    *(b"script", b"refresh", b"&", b"srcdoc", b"import", b"expression", b"behavior", b"binding", b"stylesheet"),
    *(b"attributename", b"\\", b"/*", b"file:", b"mhtml", b"ms-", b"-ms:", b"shell:"),
)
_WORTH_READING = re.compile(rb"\bon[a-z]|data\s*:", re.IGNORECASE)
_FOLLOWED = frozenset((b"a", b"area"))
"""Elements whose addresses are fetched only when somebody follows them."""
_ALWAYS = _ACTIVE_TAGS | {b"base"}
_LINKS = {
    *(
        b"href",
        b"src",
        b"action",
        b"formaction",
        b"data",
        b"xlink:href",
        b"background",
        b"poster",
        b"codebase",
        b"code",
    ),
    *(b"dynsrc", b"lowsrc", b"longdesc", b"cite", b"ping", b"manifest", b"icon", b"profile", b"classid", b"usemap"),
    *(b"to", b"from", b"values", b"by"),  # what an animation of SVG sets an address to
}
_END_OF_STYLE = re.compile(rb"</style", re.IGNORECASE)
_UTF7 = re.compile(rb"charset\s*=\s*[\"']?\s*(?:x-)?(?:unicode-1-1-)?utf-7", re.IGNORECASE)
_ELSEWHERE = "external-relationship"
_SMUGGLING = re.compile(rb"msSaveOrOpenBlob|msSaveBlob|createObjectURL|navigator\.msSave", re.IGNORECASE)
_UNSEEN = re.compile(r"[\t\r\n]")  # browsers leave them out of addresses
_FETCHES = frozenset(("base", "link stylesheet", "@import", "file share"))
MAX_HAZARDS = 30
SHOWN = 4096


def recognise(content: Content) -> Recognition:
    """By its first tag; by its claimed type or name if it has a tag at all; XML by the name spaces of what can act.
    Browsers read past control characters."""
    named = content.claimed_type in _TYPES or extension(content.name) in ("htm", "html", "xhtml", "svg")
    start = ascii_compatible(content.data[:8192])
    if _START.match(start) or (named and b"<" in content.data):
        return Recognition.WEAK
    return Recognition.WEAK if _XML.match(start) and _ACTIVE_XML.search(content.data) else Recognition.NO


def examine(content: Content, budget: Budget) -> Examination:
    """Every active element with its place."""
    data = ascii_compatible(content.data)
    if _UTF7.search(data[:8192]):
        data += b"\n" + data.decode("utf-7", "replace").encode("utf-8", "replace")
    svg = re.search(rb"<svg\b", data[:4096], re.IGNORECASE) is not None and b"<html" not in data[:4096].lower()
    hazards: dict[str, Hazard] = {}
    members: list[Content] = []
    for offset, what, detail in _active(data, members, budget):
        kind = _ELSEWHERE if what in _FETCHES else "svg-script" if svg else "active-html"
        if len(hazards) < MAX_HAZARDS:
            hazards.setdefault(f"{what} {detail}", Hazard(kind, f"byte {offset}", f"{what} {detail}".strip()))
    lowered = data.lower()
    told = b"mssave" in lowered or b"createobjecturl" in lowered
    if told and (smuggling := _SMUGGLING.search(data)) is not None:
        where = f"byte {smuggling.start()}"
        hazards["smuggling"] = Hazard("html-smuggling", where, smuggling.group().decode())
    media_type = "image/svg+xml" if svg else "text/html"
    return Examination(media_type, tuple(hazards.values()), partial=budget.spent or "", members=tuple(members))


def _active(data: bytes, members: list[Content], budget: Budget) -> Iterator[tuple[int, str, str]]:
    """Offset, element or attribute, and target of everything that acts; files in data addresses go to ``members``."""
    styled = 0  # up to where style sheets were read
    for number, (offset, name, inside) in enumerate(_tags(data)):
        if number % 1000 == 0 and budget.room <= 0:
            return
        element = name.rpartition(b":")[2]
        if element == b"style" and offset >= styled:
            start = offset + 2 + len(name) + len(inside)
            close = _END_OF_STYLE.search(data, start)
            styled = close.start() if close else len(data)
            yield from _styles(data[start:styled], offset, start)
        if element not in _ALWAYS and not (inside and _worth_reading(inside)):
            continue
        attributes = {k.lower(): _value(v) for k, v in reversed(_ATTRIBUTE.findall(inside))}  # the first counts
        yield from _element(offset, name, element, attributes)
        for key, value in attributes.items():
            if key.startswith(b"on") and len(key) > 3 and value:
                yield offset, key.decode(), ""
            elif key in _LINKS and any(map(_SCRIPT_ADDRESS.match, _UNSEEN.sub("", value[:SHOWN]).split(";"))):
                yield offset, f"{key.decode()} {value.strip()[:80]}", ""
            elif key in _LINKS and share(value) and not (key == b"href" and element in _FOLLOWED):
                yield offset, "file share", value.strip()[:120]
            elif key in _LINKS and (member := _data_file(value)) is not None:
                members.append(member)


def _worth_reading(inside: bytes) -> bool:
    """Browsers leave out line ends and tabs inside of addresses, and take them for spaces between attributes."""
    joined = inside.translate(None, b"\t\r\n")
    return _acting(inside) or (len(joined) < len(inside) and _acting(joined))


def _acting(inside: bytes) -> bool:
    return holds(inside, _WORDS) or _WORTH_READING.search(inside) is not None


def _element(offset: int, name: bytes, element: bytes, attributes: dict[bytes, str]) -> Iterator[tuple[int, str, str]]:
    """What the element does by what it is, with what it has."""
    address = attributes.get(b"href", "")
    relation = attributes.get(b"rel", "").lower().split()
    if element in _ACTIVE_TAGS:
        yield offset, name.decode(), _shown(attributes)
    if name == b"meta" and "refresh" in attributes.get(b"http-equiv", "").lower():
        yield offset, "meta refresh", attributes.get(b"content", "")[:120]
    if name == b"link" and "import" in relation:
        yield offset, "link import", address[:120]
    if name == b"link" and "stylesheet" in relation and elsewhere(address):
        yield offset, "link stylesheet", address[:120]
    if name == b"base" and elsewhere(address):
        yield offset, "base", address[:120]
    if attributes.get(b"srcdoc"):
        yield offset, "srcdoc", ""
    if attributes.get(b"attributename", "").lower().startswith("on"):
        yield offset, f"{element.decode()} {attributes[b'attributename'][:40]}", ""
    style = attributes.get(b"style", "")
    for _, part in acting(style):
        yield offset, "style", part
    for _, imported_address in imported(style):
        yield offset, "@import", imported_address


def _styles(raw: bytes, offset: int, start: int) -> Iterator[tuple[int, str, str]]:
    """What acts in the style sheet ``raw`` at ``start``, and what it fetches, with its place, else that of its tag."""
    text = raw.decode("latin-1")
    for at, part in acting(text):
        yield start + at if at >= 0 else offset, "style", part
    for at, address in imported(text):
        yield start + at if at >= 0 else offset, "@import", address


def _tags(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Offset, name and inside of each tag. Readers differ on a ``>`` in quotes: the inside goes as far as that of any,
    the next tag is looked for behind the first."""
    position = 0
    while (tag := _TAG.search(data, position)) is not None:
        start = tag.end()
        close = data.find(b">", start)
        close = len(data) if close < 0 else close
        inside = data[start:close]
        if b'"' in inside or b"'" in inside:
            read = _INSIDE.match(data, start)
            assert read is not None  # it matches nothing as well
            if read.end() > close:
                inside = data[start : read.end()]
        yield tag.start(), tag[1].lower(), inside
        position = close


def _value(raw: bytes) -> str:
    return html.unescape(raw.strip(b"\"'").decode("utf-8", "replace"))


def _shown(attributes: dict[bytes, str]) -> str:
    return next((attributes[k][:120] for k in (b"src", b"data", b"action", b"code") if attributes.get(k)), "")


def _data_file(value: str) -> Content | None:
    """The file in a ``data:`` address, unless it is a picture that cannot act."""
    match = _DATA_ADDRESS.match(value)
    kind = (match.group(1) or "").lower() if match else ""
    if match is None or (kind.startswith(("image/", "font/")) and kind != "image/svg+xml"):
        return None
    raw = unquote_to_bytes(match.group(3))
    if "base64" in match.group(2).lower():
        try:
            raw = base64.b64decode(raw + b"==")
        except binascii.Error:
            return None
    return Content(raw, "", (match.group(1) or "text/plain").lower())


PLUGIN = ContentFamily("html", "HTML and SVG", recognise, examine)
