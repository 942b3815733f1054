"""What a file's name says, and whether it is true."""

from __future__ import annotations

import re

from zoneguard.inspection import Content
from zoneguard.model.flows import Hazard

ENDINGS: dict[str, str] = {
    "ooxml": """docx docm dotx dotm xlsx xlsm xlsb xltx xltm xlam pptx pptm potx potm ppsx ppsm ppam sldx sldm
        vsdx vsdm""",
    "odf": "odt ods odp odg odf ott ots otp",
    "office-xml": "xml doc docx xls fodt fods fodp fodg",
    "ole": "doc dot xls xlt xla ppt pps pot msg vsd pub mpp",
    "ichitaro": "jtd jtt jtdc jttc jxw jsw jaw jtw jbw juw jfw jvw",
    "archive": "zip tar gz tgz bz2 tbz xz 7z rar lzh lha cab zst",
    "media": "png jpg jpeg jpe gif bmp tif tiff webp ico mp3 mp4 m4a mov avi wav mpg mpeg heic wmf emf",
    "text": "txt csv tsv log md json xml yaml yml ini conf cfg",
    "html": "htm html xhtml svg txt xml md json",
    "mail": "eml mht mhtml",
    "pdf": "pdf",
    "rtf": "rtf",
}
_RUNNABLE = """
    exe dll scr com pif cpl ocx sys drv efi ax msi msp mst msix msixbundle appx appxbundle appinstaller msu
    bat cmd ps1 ps1xml ps2 ps2xml psc1 psc2 psm1 psd1 psdm1 cdxml vbs vbe vb vbp vbscript js jse mjs wsf wsh wsc sct ws
    hta htc xbap xsl xslt lnk url website webpnp scf reg inf ins isp its chm hlp hpj jar class jnlp
    py pyc pyo pyw pyz pyzw rb pl sh bash zsh csh ksh command desktop workflow action apk ipa app deb rpm dmg pkg mpkg
    iso img udf vhd vhdx vmdk vdi qcow2 wim xll wll iqy dqy oqy rqy odc slk settingcontent-ms library-ms search-ms
    searchconnector-ms appref-ms appcontent-ms application theme themepack gadget grp msc msh msh1 msh2 mshxml mcf job
    rdp osd ops scpt shb shs diagcab diagcfg diagpkg contact xnk vsix vsmacros a3x ahk
    ade adp accde mda mdb mde mdt mdw mdz accdb accdr maf mam maq mar mas mat mav maw
"""
RUNS = frozenset(_RUNNABLE.split())  # endings that a double click runs, mounts or installs
ENCRYPTED_TYPE = "application/encrypted"  # an Office document of any generation behind a password
_DECEPTIVE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_EXPECTED = {
    ending: frozenset(family for family, endings in ENDINGS.items() if ending in endings.split())
    for endings in ENDINGS.values()
    for ending in endings.split()
}
_PASSIVE_CLAIMS = {"image": "media", "audio": "media", "video": "media", "text": "text"}


def extension(name: str) -> str:
    """What is behind the last dot of ``name``, in lower case, less the trailing dots and spaces that Windows drops."""
    base = re.split(r"[/\\]", name)[-1].rstrip(". \t\0")
    return base.rpartition(".")[2].lower() if "." in base else ""


def name_hazards(content: Content, recognised: dict[str, bool], media_type: str) -> list[Hazard]:
    """Hazards of the name and the claimed type of ``content``; ``recognised``: family → whether by its magic bytes."""
    hazards = []
    if _DECEPTIVE.search(content.name):
        hazards.append(Hazard("deceptive-name", "", "invisible or direction-changing characters in the file name"))
    ending = extension(content.name)
    stem = re.split(r"[/\\]", content.name)[-1].rstrip(". \t\0")[: -len(ending) - 1] if ending else ""
    if ending in RUNS and extension(stem.rstrip()) in _EXPECTED:
        hazards.append(Hazard("deceptive-name", "", f".{extension(stem.rstrip())} before .{ending}"))
    if media_type != ENCRYPTED_TYPE and (detail := _mismatch(content, ending, recognised)):
        hazards.append(Hazard("name-mismatch", "", detail))
    return hazards


def _mismatch(content: Content, ending: str, recognised: dict[str, bool]) -> str:
    """What the name or the claimed type says and the bytes deny."""
    if not content.data:
        return ""
    sure = [family for family, strong in recognised.items() if strong]
    expected = _EXPECTED.get(ending)
    if expected and not recognised.keys() & expected and (sure or content.whole):
        return f"named .{ending}, is {', '.join(recognised) or 'something else'}"
    claimed = _PASSIVE_CLAIMS.get(content.claimed_type.partition("/")[0])
    if claimed and sure and claimed not in recognised and not _same_kind(content.claimed_type, sure):
        return f"sent as {content.claimed_type}, is {', '.join(sure)}"
    return ""


def _same_kind(claimed_type: str, sure: list[str]) -> bool:
    """Text types that name the family themselves: ``text/rtf``, ``text/html``, ``image/svg+xml``."""
    subtype = claimed_type.partition("/")[2]
    return any(family in subtype for family in sure) or subtype.endswith(("xml", "calendar", "vcard"))
