"""Compound files: Word, Excel and PowerPoint 97–2003, Outlook messages, encrypted Office documents, embedded objects.

Found: VBA projects, Excel 4 macro sheets, DDE, ActiveX controls, packages and other embedded objects, links to
elsewhere, the equation editor. What is behind a password is opaque.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content import _legacy_office as office
from zoneguard.inspection.content._compound import MAGIC, STORAGE, Compound, Entry, open_compound
from zoneguard.inspection.content._compressed_rtf import expand as expand_rtf
from zoneguard.inspection.content._packages import ole10native
from zoneguard.inspection.content._vba import vba_hazards
from zoneguard.inspection.naming import ENCRYPTED_TYPE
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

_TYPES = {
    "worddocument": "application/msword",
    "workbook": "application/vnd.ms-excel",
    "book": "application/vnd.ms-excel",
    "powerpoint document": "application/vnd.ms-powerpoint",
    "visiodocument": "application/vnd.visio",
    "__properties_version1.0": "application/vnd.ms-outlook",
    "project": "application/vnd.ms-office.vbaProject",
    "quill": "application/x-mspublisher",
}
INSTALLER_CLASSES = tuple(bytes.fromhex(f"{kind}100c0000000000c000000000000046") for kind in ("84", "86", "82"))
ICHITARO_NAMES = ("\x04JSRV_SegmentInformation", "DocumentText", "JSCompDocument")
MAX_BODY = 64 << 20
_DOCUMENTS = (MAGIC, b"PK\x03\x04", b"%PDF", b"{\\rt", b"MZ")
_EQUATION = bytes.fromhex("02ce020000000000c000000000000046")
_URL_MONIKER = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
_FILE_MONIKER = bytes.fromhex("0303000000000000c000000000000046")
_EMBEDDED = re.compile(r"MBD[0-9A-F]{8}", re.IGNORECASE)  # in a workbook; a Word document has them in a pool
_WIDE = re.compile(rb"(?:[\x20-\x7e]\x00){4,1000}")
_ATTACHED = re.compile(r"(?i)(.*__attach_version1\.0_#[0-9a-f]{8}/)__substg1\.0_37010102$")


def recognise(content: Content) -> Recognition:
    """By magic, unless it is an installer or 一太郎."""
    if not content.data.startswith(MAGIC):
        return Recognition.NO
    compound = open_compound(content.data)
    taken = compound is not None and (compound.clsid in INSTALLER_CLASSES or is_ichitaro(compound))
    return Recognition.NO if taken else Recognition.STRONG


def is_ichitaro(compound: Compound) -> bool:
    """Whether 一太郎 8 or later wrote it: its own streams lie at the root."""
    return any(compound.find(name) is not None for name in ICHITARO_NAMES)


def examine(content: Content, budget: Budget) -> Examination:
    """Everything active or contained."""
    compound = open_compound(content.data)
    assert compound is not None  # recognised by its magic
    if compound.find("EncryptedPackage") or compound.find("EncryptionInfo"):
        return _encrypted("EncryptedPackage")
    roots = {e.path.lower().removeprefix("?/") for e in compound.entries}
    media_type = next((t for name, t in _TYPES.items() if name in roots), "")
    hazards = vba_hazards(compound)
    members: list[Content] = []
    for entry in compound.entries:
        if budget.room <= 0:
            break
        hazards += entry_hazards(compound, entry, members)
    encrypted, found, inside = _by_application(compound, budget)
    if encrypted:
        return Examination(ENCRYPTED_TYPE, (*hazards, *found, Hazard("encrypted", encrypted)), N_("encrypted document"))
    members += inside
    known = bool(media_type or hazards or members)
    partial: Text | str = N_("the compound file is damaged or cut short") if compound.damaged else ""
    return Examination(
        media_type or "application/x-ole-storage",
        tuple(dict.fromkeys((*hazards, *found))),
        opaque="" if known else N_("a compound file of unknown kind"),
        partial=partial or budget.spent or "",
        members=tuple(members),
    )


def _encrypted(where: str) -> Examination:
    return Examination(ENCRYPTED_TYPE, (Hazard("encrypted", where),), opaque=N_("encrypted document"))


def _by_application(compound: Compound, budget: Budget) -> tuple[str, list[Hazard], list[Content]]:
    """Where a password guards it (or empty), hazards and embedded files, by what the application's own stream says."""
    hazards: list[Hazard] = []
    members: list[Content] = []
    encrypted = ""
    for entry in compound.streams():
        name = entry.name.lower()
        if name in ("worddocument", "1table", "0table"):
            stream = compound.read(entry)
            hazards += office.word_hazards(stream)
            encrypted = encrypted or (entry.path if name == "worddocument" and office.word_encrypted(stream) else "")
        elif name in ("workbook", "book"):
            found, guarded = office.workbook(compound.read(entry))
            hazards += found
            encrypted = encrypted or (entry.path if guarded else "")
        elif name == "powerpoint document":
            found, inside = office.slides(compound.read(entry), budget)
            hazards += found
            members += inside
        elif name == "current user" and office.slides_encrypted(compound.read(entry)):
            encrypted = encrypted or entry.path
    return encrypted, hazards, members


def entry_hazards(compound: Compound, entry: Entry, members: list[Content]) -> Iterator[Hazard]:
    """Hazards that one storage or stream stands for; contained files go to ``members``."""
    name = entry.name.lower()
    folder = entry.path.rpartition("/")[0]
    if entry.kind == STORAGE:
        if entry.clsid == _EQUATION:
            yield Hazard("equation-editor", entry.path)
        elif folder.lower() == "objectpool" or _EMBEDDED.fullmatch(entry.name):
            yield Hazard("embedded-object", entry.path)
    elif name == "\x01ole10native":
        package = ole10native(compound.read(entry))
        detail = f"{package.content.name} from {package.command}" if package else ""
        yield Hazard("embedded-object", folder or "Ole10Native", detail[:200])
        if package:
            members.append(package.content)
    elif name in ("package", "contents") and entry.size > 64 and compound.find("Quill") is None:
        data = compound.read(entry)
        if name == "package" or data.startswith(_DOCUMENTS):
            members.append(Content(data, entry.path))
            yield Hazard("embedded-object", entry.path)
    elif name in ("\x03ocxname", "\x03ocxdata"):
        yield Hazard("activex", folder)
    elif name == "equation native":
        yield Hazard("equation-editor", entry.path)
    elif name in ("\x01ole", "\x03linkinfo") and (target := _linked(compound.read(entry, 1 << 16))):
        yield Hazard("external-relationship", entry.path, target)
    elif (match := _ATTACHED.match(entry.path)) is not None:
        members.append(Content(compound.read(entry), _attachment_name(compound, match.group(1))))
    elif name in ("__substg1.0_10130102", "__substg1.0_1013001f", "__substg1.0_1013001e"):
        members.append(Content(compound.read(entry), entry.path, "text/html"))
    elif name == "__substg1.0_10090102":
        rtf, whole = expand_rtf(compound.read(entry), MAX_BODY)
        members.append(Content(rtf, f"{entry.path}.rtf", "text/rtf", whole=whole))


def _linked(stream: bytes) -> str:
    """The target of a link, if the stream holds one."""
    if _URL_MONIKER not in stream and _FILE_MONIKER not in stream:
        return ""
    texts = [m.group().decode("utf-16-le") for m in _WIDE.finditer(stream)]
    return max(texts, key=len, default="link")[:200]


def _attachment_name(compound: Compound, folder: str) -> str:
    """Long file name, short file name or display name of an attachment of an Outlook message."""
    for tag in ("3707", "3704", "3001"):
        for kind, encoding in (("001F", "utf-16-le"), ("001E", "cp932")):
            entry = compound.find(f"{folder}__substg1.0_{tag}{kind}")
            if entry is not None:
                return compound.read(entry, 2048).decode(encoding, "replace").rstrip("\0")
    return ""


PLUGIN = ContentFamily("ole", "Compound files (Office 97–2003, Outlook messages)", recognise, examine)
