"""What runs, mounts or installs: programs, scripts, shortcuts, installers, disk images, compiled help.

By magic; text and what has no magic by the name it was sent under.
"""

from __future__ import annotations

import re

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._compound import open_compound
from zoneguard.inspection.content._texts import is_text
from zoneguard.inspection.content.ole import INSTALLER_CLASSES
from zoneguard.inspection.naming import RUNS, extension
from zoneguard.model.flows import Hazard

_SHORTCUT = bytes.fromhex("4c0000000114020000000000c000000000000046")
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x7fELF", "executable", "application/x-elf"),
    (b"\xfe\xed\xfa\xce", "executable", "application/x-mach-binary"),
    (b"\xfe\xed\xfa\xcf", "executable", "application/x-mach-binary"),
    (b"\xce\xfa\xed\xfe", "executable", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "executable", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe", "executable", "application/java-vm"),
    (b"dex\n0", "executable", "application/vnd.android.dex"),
    (b"\0asm\1\0\0\0", "executable", "application/wasm"),
    (b"#@~^", "script", "text/vbscript-encoded"),
    (_SHORTCUT, "shortcut", "application/x-ms-shortcut"),
    (b"ITSF\3\0\0\0", "compiled-help", "application/vnd.ms-htmlhelp"),
    (b"?_\3\0", "compiled-help", "application/winhlp"),
    (b"vhdxfile", "disk-image", "application/x-vhdx"),
    (b"conectix", "disk-image", "application/x-vhd"),
    (b"KDMV", "disk-image", "application/x-vmdk"),
    (b"# Disk DescriptorFile", "disk-image", "application/x-vmdk"),
    (b"QFI\xfb", "disk-image", "application/x-qcow2"),
    (b"MSWIM\0\0\0", "disk-image", "application/x-ms-wim"),
    (b"!<arch>\ndebian", "installer", "application/vnd.debian.binary-package"),
    (b"\xed\xab\xee\xdb", "installer", "application/x-rpm"),
    (b"\0\1\0\0Standard Jet DB", "active-database", "application/vnd.ms-access"),
    (b"\0\1\0\0Standard ACE DB", "active-database", "application/vnd.ms-access"),
)
_FLASH = re.compile(rb"[FCZ]WS[\x03-\x30]")
_VOLUME = re.compile(rb"CD001|BEA01|NSR0[23]")
_SHELL = re.compile(rb"(?:\xef\xbb\xbf)?#![ \t]*/[^\r\n]{1,200}")
_BY_NAME = {
    **dict.fromkeys(("iso", "img", "vhd", "vhdx", "vmdk", "dmg"), "disk-image"),
    **dict.fromkeys(("lnk", "url", "scf", "library-ms", "search-ms", "appref-ms", "settingcontent-ms"), "shortcut"),
    **dict.fromkeys(("msi", "msp", "mst", "msix", "appx", "deb", "rpm", "pkg", "apk", "ipa"), "installer"),
    **dict.fromkeys(("chm", "hlp"), "compiled-help"),
}


def recognise(content: Content) -> Recognition:
    """By magic; else by a name that the system runs."""
    if _magic(content) is not None:
        return Recognition.STRONG
    return Recognition.WEAK if content.data and extension(content.name) in RUNS else Recognition.NO


def examine(content: Content, _budget: Budget) -> Examination:
    """One hazard: what it is, by its bytes if they tell, else by its name."""
    found = _magic(content)
    ending = extension(content.name)
    if found is not None:
        kind, media_type = found
        return Examination(media_type, (Hazard(kind, "", media_type),))
    kind = _BY_NAME.get(ending, "script" if is_text(content.data) else "executable")
    return Examination("text/plain" if is_text(content.data) else "", (Hazard(kind, "", f"named .{ending}"),))


def _magic(content: Content) -> tuple[str, str] | None:
    data = content.data
    for magic, kind, media_type in _MAGIC:
        if data.startswith(magic):
            return kind, media_type
    if data[:2] in (b"MZ", b"ZM") and not is_text(data):
        return "executable", "application/vnd.microsoft.portable-executable"
    if _FLASH.match(data) and len(data) > 8 and not is_text(data):
        return "executable", "application/x-shockwave-flash"
    if _SHELL.match(data) and (content.name or content.claimed_type not in ("", "text/plain")):
        return "script", "text/x-script"
    return _disk_image(data) or _installer(data)


def _disk_image(data: bytes) -> tuple[str, str] | None:
    if any(_VOLUME.match(data, at + 1) for at in (0x8000, 0x8800, 0x9000)):
        return "disk-image", "application/x-iso9660-image"
    if data[-512:-504] == b"conectix":
        return "disk-image", "application/x-vhd"
    if data[-512:-508] == b"koly":
        return "disk-image", "application/x-apple-diskimage"
    if data[510:512] == b"\x55\xaa" and (
        data[54:59] in (b"FAT12", b"FAT16") or data[82:87] == b"FAT32" or data[3:7] == b"NTFS"
    ):
        return "disk-image", "application/x-raw-disk-image"
    return None


def _installer(data: bytes) -> tuple[str, str] | None:
    compound = open_compound(data)
    if compound is not None and compound.clsid in INSTALLER_CLASSES:
        return "installer", "application/x-msi"
    return None


PLUGIN = ContentFamily("executable", "Programs, scripts, installers, disk images", recognise, examine)
