"""Documents for tests: zip packages, compound files with real sector tables, a VBA module as Office stores it."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from zoneguard.inspection import Content, Limits
from zoneguard.inspection.examining import Examined, examine

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>{}</Types>'
)
RELATIONSHIPS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def look(data: bytes, name: str = "", claimed: str = "", limits: Limits | None = None, whole: bool = True) -> Examined:
    """Examine ``data`` under ``name``; no family may fail."""
    examined = examine(Content(data, name, claimed, whole), limits)
    assert "failed" not in str(examined.reason)
    return examined


def kinds(examined: Examined) -> list[str]:
    """The kinds of its hazards, in order, each once."""
    return list(dict.fromkeys(h.kind for h in examined.hazards))


def zipped(members: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of ``members``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def word(extra: Mapping[str, bytes | str] | None = None, body: str = "", types: str = "") -> bytes:
    """A ``.docx`` with a body and further parts."""
    document = f"<w:document {WORD}><w:body>{body}</w:body></w:document>"
    return zipped(
        {
            "[Content_Types].xml": CONTENT_TYPES.format(types),
            "_rels/.rels": RELATIONSHIPS.format(""),
            "word/document.xml": document,
            **(extra or {}),
        }
    )


@dataclass
class _Node:
    name: str
    data: bytes | None
    clsid: bytes = bytes(16)
    children: list[_Node] = field(default_factory=list)


def compound(streams: Mapping[str, bytes], clsid: bytes = bytes(16)) -> bytes:
    """A compound file (version 3) with ``streams`` by their paths; small ones go to the mini stream."""
    root = _Node("Root Entry", None, clsid)
    for path, data in streams.items():
        node = root
        *folders, name = path.split("/")
        for folder in folders:
            found = next((c for c in node.children if c.name == folder), None)
            if found is None:
                found = _Node(folder, None)
                node.children.append(found)
            node = found
        node.children.append(_Node(name, data))
    nodes = _flatten(root)
    sectors, mini = bytearray(), bytearray()
    fat: list[int] = []
    mini_fat: list[int] = []

    def put(data: bytes) -> int:
        if not data:
            return 0xFFFFFFFE
        start, count = len(fat), -(-len(data) // 512)
        fat.extend([*range(start + 1, start + count), 0xFFFFFFFE])
        sectors.extend(data.ljust(count * 512, b"\0"))
        return start

    starts: dict[int, int] = {}
    for number, node in enumerate(nodes):
        if node.data is None or node is root:
            continue
        if 0 < len(node.data) < 4096:
            start, count = len(mini_fat), -(-len(node.data) // 64)
            mini_fat.extend([*range(start + 1, start + count), 0xFFFFFFFE])
            mini.extend(node.data.ljust(count * 64, b"\0"))
            starts[number] = start
        else:
            starts[number] = put(node.data)
    starts[0] = put(bytes(mini))
    first_mini_fat = put(struct.pack(f"<{len(mini_fat)}I", *mini_fat))
    directory = b"".join(_record(nodes, i, starts.get(i, 0), len(mini) if i == 0 else None) for i in range(len(nodes)))
    first_directory = put(directory.ljust(-(-len(directory) // 512) * 512, b"\0"))
    tables = 1
    while (len(fat) + tables) > tables * 128:
        tables += 1
    first_table = len(fat)
    table = [*fat, *[0xFFFFFFFD] * tables]
    table += [0xFFFFFFFF] * (tables * 128 - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIII", 0, tables, first_directory, 0, 4096)
    header += struct.pack("<IIII", first_mini_fat, -(-len(mini_fat) // 128), 0xFFFFFFFE, 0)
    header += struct.pack("<109I", *[*range(first_table, first_table + tables), *[0xFFFFFFFF] * (109 - tables)])
    return header + bytes(sectors) + struct.pack(f"<{len(table)}I", *table)


def _flatten(root: _Node) -> list[_Node]:
    out = [root]
    for node in out:
        node.children.sort(key=lambda c: (len(c.name), c.name.upper()))
        out.extend(node.children)
    return out


def _record(nodes: list[_Node], number: int, start: int, mini_size: int | None) -> bytes:
    """Siblings hang to the right of each other: a degenerate, valid tree."""
    node, none = nodes[number], 0xFFFFFFFF
    parent = next((n for n in nodes if node in n.children), None)
    siblings = parent.children if parent else []
    after = siblings[siblings.index(node) + 1 :] if parent else []
    right = nodes.index(after[0]) if after else none
    child = nodes.index(node.children[0]) if node.children else none
    name = (node.name + "\0").encode("utf-16-le")
    kind = 5 if number == 0 else 1 if node.data is None else 2
    size = mini_size if mini_size is not None else len(node.data or b"")
    return (
        name.ljust(64, b"\0") + struct.pack("<HBBIII", len(name), kind, 1, none, right, child) + node.clsid
        + bytes(4 + 16) + struct.pack("<IQ", start, size)
    )  # fmt: skip


def compressed(source: bytes) -> bytes:
    """An MS-OVBA container of literals."""
    out = bytearray(b"\x01")
    for position in range(0, len(source), 3600):
        piece = source[position : position + 3600]
        tokens = b"".join(b"\0" + piece[i : i + 8] for i in range(0, len(piece), 8))
        out += struct.pack("<H", 0xB000 | (len(tokens) - 1)) + tokens
    return bytes(out)


def vba_project(source: str = 'Sub AutoOpen()\r\nShell "calc"\r\nEnd Sub\r\n', folder: str = "") -> dict[str, bytes]:
    """The streams of a VBA project, as in ``vbaProject.bin`` or under ``Macros/`` of a ``.doc``."""
    module = b'Attribute VB_Name = "Module1"\r\n' + source.encode("cp932")
    return {
        f"{folder}PROJECT": b'ID="{0}"\r\nModule=Module1\r\n',
        f"{folder}VBA/_VBA_PROJECT": b"\xcc\x61" + bytes(20),
        f"{folder}VBA/dir": compressed(b"\x01\x00\x04\x00\x00\x00\x03\x00\x00\x00"),
        f"{folder}VBA/Module1": bytes(100) + compressed(module),
    }


def ole10native(name: bytes, data: bytes) -> bytes:
    """The stream that holds a package."""
    path = b"C:\\Users\\a\\" + name + b"\0"
    body = b"\x02\0" + name + b"\0" + path + b"\0\0\3\0" + struct.pack("<I", len(path)) + path
    body += struct.pack("<I", len(data)) + data
    return struct.pack("<I", len(body)) + body
