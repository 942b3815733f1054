"""What the peers hand to each other: files whose bytes the test knows."""

from __future__ import annotations

import hashlib
import io
import random
import subprocess
import zipfile
from pathlib import Path

from captures.docm import document, workbook

MACRO_DOCUMENT, MACRO_WORKBOOK = document(), workbook()


def digest(data: bytes) -> str:
    """SHA-256 as the manifest writes it."""
    return hashlib.sha256(data).hexdigest()


def noise(size: int, seed: object = 0) -> bytes:
    """Bytes that no compression makes smaller."""
    return random.Random(f"{size} {seed}").randbytes(size)


def prose(lines: int) -> str:
    """Text of that many lines, ended by line feeds."""
    return "".join(f"{number} 行目 plain text that compresses\n" for number in range(lines))


def plain_document(text: str) -> bytes:
    """A ``.docx`` of one paragraph (ECMA-376), with nothing dangerous in it."""
    office = "http://schemas.openxmlformats.org"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{office}/package/2006/content-types"><Default Extension="rels" '
            f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{word}"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
            f"</Relationships>"
        ),
        "word/document.xml": (
            f'<w:document xmlns:w="{office}/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{text}</w:t></w:r>'
            f"</w:p></w:body></w:document>"
        ),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, xml in parts.items():
            package.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{xml}')
    return out.getvalue()


def locked_zip(folder: Path) -> bytes:
    """An archive that Info-ZIP made of a document with a macro, with a password."""
    (folder / "hojokin.docm").write_bytes(MACRO_DOCUMENT)
    command = ("zip", "-q", "-P", "himitsu", "locked.zip", "hojokin.docm")
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "locked.zip").read_bytes()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for ``peer.example`` that OpenSSL made and signed by itself, and its key."""
    certified, key = folder / "peer.crt", folder / "peer.key"
    subject = ("-subj", "/CN=peer.example", "-addext", "subjectAltName=DNS:peer.example", "-days", "2")
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    command = ("openssl", "req", *kind, *subject, "-keyout", str(key), "-out", str(certified))
    subprocess.run(command, capture_output=True, check=True)
    return certified, key
