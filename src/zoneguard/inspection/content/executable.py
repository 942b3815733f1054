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
    (bytes.fromhex("00ffffffffffffffffffff00"), "disk-image", "application/x-cd-image"),
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
_KINDS = {
    "disk-image": "iso img udf vhd vhdx vmdk vdi qcow2 wim dmg",
    "shortcut": """lnk url website webpnp scf library-ms search-ms searchconnector-ms appref-ms settingcontent-ms rdp
        contact theme themepack desktop grp xnk job maf mam maq mar mas mat mav maw odc iqy dqy oqy rqy""",
    "installer": "msi msp mst msu msix msixbundle appx appxbundle appinstaller deb rpm pkg mpkg apk ipa vsix",
    "compiled-help": "chm hlp",
    "active-database": "ade adp accde accdb accdr mda mdb mde mdt mdw mdz",
}
_BY_NAME = {ending: kind for kind, endings in _KINDS.items() for ending in endings.split()}
_SCRIPT_TYPES = re.compile(
    r"(?:text|application)/(?:x-)?(?:javascript|ecmascript|jscript|vbscript|hta|bat|sh|shellscript|powershell)$"
)
_PROGRAM = ("executable", "application/vnd.microsoft.portable-executable")
_PACKED = (
    (b"\xef\xbe\xad\xdeNullsoftInst", ("installer", "application/x-nsis")),
    (b"Inno Setup Setup Data (", ("installer", "application/x-innosetup")),
    (b"JR.Inno.Setup", ("installer", "application/x-innosetup")),
    (b"InstallShield", ("installer", "application/x-installshield")),
    (b".wixburn", ("installer", "application/x-wix-burn")),
)
_OVERLAY = 4 << 20  # how far into a program an installer's data is looked for
_SECTOR = 512


def recognise(content: Content) -> Recognition:
    """By magic; else by a name that the system runs."""
    if _magic(content) is not None:
        return Recognition.STRONG
    said = extension(content.name) in RUNS or _SCRIPT_TYPES.match(content.claimed_type)
    held = content.data or not content.whole  # what could not be read counts by its name
    return Recognition.WEAK if held and said else Recognition.NO


def examine(content: Content, _budget: Budget) -> Examination:
    """One hazard: what it is, by its bytes if they tell, else by its name."""
    found = _magic(content)
    ending = extension(content.name)
    if found is not None:
        kind, media_type = _installed(content.data) if found == _PROGRAM else found
        return Examination(media_type, (Hazard(kind, "", media_type),))
    text = content.data and is_text(content.data)
    kind = _BY_NAME.get(ending, "script" if text else "executable")
    said = f"named .{ending}" if ending in RUNS else f"sent as {content.claimed_type}"
    return Examination("text/plain" if text else "", (Hazard(kind, "", said),))


def _magic(content: Content) -> tuple[str, str] | None:
    data = content.data
    for magic, kind, media_type in _MAGIC:
        if data.startswith(magic):
            return kind, media_type
    if data[:2] in (b"MZ", b"ZM") and not is_text(data):
        return _PROGRAM
    if _FLASH.match(data) and len(data) > 8 and not is_text(data):
        return "executable", "application/x-shockwave-flash"
    if _SHELL.match(data) and (content.name or content.claimed_type not in ("", "text/plain")):
        return "script", "text/x-script"
    return _disk_image(data) or _installer(data)


def _installed(program: bytes) -> tuple[str, str]:
    """What kind of program for Windows: one that installs others, by the marks of those who make such."""
    return next((kind for mark, kind in _PACKED if program.find(mark, 0, _OVERLAY) >= 0), _PROGRAM)


def _disk_image(data: bytes) -> tuple[str, str] | None:
    """By the volume descriptors of ISO 9660 and UDF, the footers of images, a boot sector or a partition table."""
    if any(_VOLUME.match(data, at + 1) for at in (0x8000, 0x8800, 0x9000)):
        return "disk-image", "application/x-iso9660-image"
    if data[0x40:0x44] == b"\x7f\x10\xda\xbe":
        return "disk-image", "application/x-vdi"
    if data[-512:-504] == b"conectix":
        return "disk-image", "application/x-vhd"
    if data[-512:-508] == b"koly":
        return "disk-image", "application/x-apple-diskimage"
    if data[510:512] == b"\x55\xaa" and (
        data[54:59] in (b"FAT12", b"FAT16") or data[82:87] == b"FAT32" or data[3:7] == b"NTFS"
    ):
        return "disk-image", "application/x-raw-disk-image"
    if data[_SECTOR - 2 : _SECTOR + 8] == b"\x55\xaaEFI PART" or _partitioned(data):
        return "disk-image", "application/x-raw-disk-image"
    return None


def _partitioned(data: bytes) -> bool:
    """Whether the first sector is a partition table: four entries of which one is used, all with plausible fields."""
    if len(data) < 2 * _SECTOR or data[_SECTOR - 2 : _SECTOR] != b"\x55\xaa":
        return False
    entries = [data[at : at + 16] for at in range(446, 510, 16)]
    used = [e for e in entries if e[4]]
    empty = all(not any(e) for e in entries if not e[4])
    sound = all(
        e[0] in (0, 0x80) and int.from_bytes(e[8:12], "little") and int.from_bytes(e[12:], "little") for e in used
    )
    return bool(used) and empty and sound


def _installer(data: bytes) -> tuple[str, str] | None:
    compound = open_compound(data)
    if compound is not None and compound.clsid in INSTALLER_CLASSES:
        return "installer", "application/x-msi"
    return None


PLUGIN = ContentFamily("executable", "Programs, scripts, installers, disk images", recognise, examine)
