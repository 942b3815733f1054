"""Small Office documents with a harmless macro: a real OOXML package with a real OLE file and VBA project inside.

Sources of the formats: ECMA-376 (package), [MS-CFB] (compound file), [MS-OVBA] (VBA project).
"""

from __future__ import annotations

import io
import struct
import zipfile

SECTOR, MINI = 512, 64
END, FREE, FAT_SECTOR, NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
STORAGE, STREAM, ROOT = 1, 2, 5
MACRO = (
    'Attribute VB_Name = "Shuukei"\r\nPublic Sub Shuukei()\r\n    MsgBox "zoneguard reference document"\r\nEnd Sub\r\n'
)
PROJECT = (
    'ID="{00000000-0000-0000-0000-000000000000}"\r\nModule=Shuukei\r\nName="AlphaCity"\r\nHelpContextID="0"\r\n'
    'VersionCompatible32="393222000"\r\n'
)


def _compressed(data: bytes) -> bytes:
    """A CompressedContainer of one chunk that holds literals only (no copy tokens); at most 3,640 bytes."""
    groups = b"".join(b"\x00" + data[i : i + 8] for i in range(0, len(data), 8))
    return b"\x01" + struct.pack("<H", 0xB000 | (len(groups) + 2 - 3)) + groups


def _record(identifier: int, data: bytes) -> bytes:
    return struct.pack("<HI", identifier, len(data)) + data


def _dir_stream() -> bytes:
    name, wide = b"Shuukei", "Shuukei".encode("utf-16-le")
    return b"".join(
        (
            _record(0x01, struct.pack("<I", 1)),  # 32-bit Windows
            _record(0x02, struct.pack("<I", 0x411)),
            _record(0x14, struct.pack("<I", 0x411)),
            _record(0x03, struct.pack("<H", 932)),
            _record(0x04, b"AlphaCity"),
            _record(0x05, b"") + _record(0x40, b""),
            _record(0x06, b"") + _record(0x3D, b""),
            _record(0x07, bytes(4)),
            _record(0x08, bytes(4)),
            struct.pack("<HIIH", 0x09, 4, 1, 0),
            _record(0x0C, b"") + _record(0x3C, b""),
            _record(0x0F, struct.pack("<H", 1)),  # one module
            _record(0x13, b"\xff\xff"),
            _record(0x19, name) + _record(0x47, wide),
            _record(0x1A, name) + _record(0x32, wide),
            _record(0x1C, b"") + _record(0x48, b""),
            _record(0x31, bytes(4)),  # the source begins at offset 0 of the module's stream
            _record(0x1E, bytes(4)),
            _record(0x2C, b"\xff\xff"),
            _record(0x21, b""),
            _record(0x2B, b""),
            _record(0x10, b""),
        )
    )


def _chain(first: int, count: int) -> list[int]:
    """The table entries of ``count`` consecutive sectors from ``first``."""
    return [first + i + 1 for i in range(count - 1)] + [END] if count else []


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    wide = name.encode("utf-16-le") + b"\x00\x00"
    head = wide.ljust(64, b"\x00") + struct.pack("<HBBIII", len(wide), kind, 1, NONE, right, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def _padded(data: bytes, unit: int) -> bytes:
    return data + bytes(-len(data) % unit)


def vba_project() -> bytes:
    """``vbaProject.bin``: a compound file whose streams all live in the mini stream."""
    streams = {
        "dir": _compressed(_dir_stream()),
        "Shuukei": _compressed(MACRO.encode("cp932")),
        "_VBA_PROJECT": bytes.fromhex("cc61ffff000000"),
        "PROJECT": PROJECT.encode("cp932"),
    }
    mini_fat: list[int] = []
    place: dict[str, tuple[int, int]] = {}
    for name, data in streams.items():
        place[name] = (len(mini_fat), len(data))
        mini_fat += _chain(len(mini_fat), -(-len(data) // MINI))
    mini_stream = b"".join(_padded(data, MINI) for data in streams.values())
    body = _padded(mini_stream, SECTOR)
    sectors = len(body) // SECTOR
    # sector 0: FAT, 1 and 2: directory, 3: mini FAT, from 4: mini stream
    fat = [FAT_SECTOR, 2, END, END, *_chain(4, sectors)]
    # siblings are ordered by length of name, then by name
    entries = (
        _entry("Root Entry", ROOT, NONE, 1, 4, len(mini_stream)),
        _entry("VBA", STORAGE, 5, 2, 0, 0),
        _entry("dir", STREAM, 3, NONE, *place["dir"]),
        _entry("Shuukei", STREAM, 4, NONE, *place["Shuukei"]),
        _entry("_VBA_PROJECT", STREAM, NONE, NONE, *place["_VBA_PROJECT"]),
        _entry("PROJECT", STREAM, NONE, NONE, *place["PROJECT"]),
    )
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 3, 1, END, 0)
    header += struct.pack("<109I", 0, *([FREE] * 108))
    tables = [struct.pack("<128I", *table, *([FREE] * (128 - len(table)))) for table in (fat, mini_fat)]
    unused = bytes(64) + struct.pack("<HBBIII", 0, 0, 0, NONE, NONE, NONE) + bytes(48)
    directory = b"".join(entries) + unused * 2
    return header + tables[0] + directory + tables[1] + body


HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
VBA = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
WORD = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
    "<w:t>補助金の集計表です。マクロを有効にして開いてください。</w:t></w:r></w:p></w:body></w:document>"
)
EXCEL = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<sheets><sheet name="申請" sheetId="1"/></sheets></workbook>'
)


def _package(main: str, kind: str, text: str) -> bytes:
    """An OOXML package with a macro, whose part ``main`` of the content type ``kind`` holds ``text``. Stored without
    compression so that its hash does not depend on a compressor."""
    folder, _, file = main.partition("/")
    types = (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        f'<Override PartName="/{main}" ContentType="{kind}"/></Types>'
    )
    relations = (
        f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="{}" Target="{}"/></Relationships>'
    )
    parts = {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": relations.format(OFFICE + "officeDocument", main).encode(),
        main: (HEAD + text).encode(),
        f"{folder}/_rels/{file}.rels": relations.format(VBA, "vbaProject.bin").encode(),
        f"{folder}/vbaProject.bin": vba_project(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, (2026, 10, 15, 9, 30, 0))
            info.create_system = 0  # as Office writes it, on every system
            package.writestr(info, data)
    return out.getvalue()


def document() -> bytes:
    """The whole ``.docm``."""
    return _package("word/document.xml", "application/vnd.ms-word.document.macroEnabled.main+xml", WORD)


def workbook() -> bytes:
    """The same macro in a workbook, an ``.xlsm``."""
    return _package("xl/workbook.xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml", EXCEL)
