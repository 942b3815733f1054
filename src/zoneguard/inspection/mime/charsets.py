"""Bytes → text in the encodings that Japanese and other mailers really send. Never raises."""

from __future__ import annotations

import re

_ALIASES = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "euc-jp": "euc_jis_2004",
    "x-euc-jp": "euc_jis_2004",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "us-ascii": "utf-8",
    "iso-8859-1": "cp1252",
}
_KNOWN = re.compile(
    r"(iso-?8859|windows-|cp\d|utf-?(8|16|32)|koi8|gb|big5|euc|tis|mac|hz|johab|latin|us-ascii|ascii|ks_c|x-euc)[a-z0-9_-]*"
    r"|shift[-_]jis|x?-?sjis|ms_kanji"
)
_JIS_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([@BDO-Q]|\([BJIH])")


def decode_text(data: bytes, charset: str = "") -> str:
    """``data`` in ``charset``; where that is missing, unknown or wrong: UTF-8, then CP932, then Latin-1."""
    name = charset.strip().lower()
    if name.startswith("iso-2022-jp") or (not name and _JIS_ESCAPE.search(data)):
        return _jis(data)
    claimed = [_ALIASES.get(name, name)] if _KNOWN.fullmatch(name) else []
    for candidate in (*claimed, "utf-8", "cp932"):
        try:
            return data.decode(candidate)
        except (LookupError, UnicodeError):
            continue
    return data.decode("latin-1")


def _jis(data: bytes) -> str:
    """ISO-2022-JP with what mailers add to it: NEC and IBM characters (by way of CP932) and half-width kana."""
    out: list[str] = []
    mode, position = b"(B", 0
    for match in (*_JIS_ESCAPE.finditer(data), None):
        end = match.start() if match else len(data)
        out.append(_jis_run(data[position:end], mode))
        if match:
            mode, position = match.group(1), match.end()
    return "".join(out)


def _jis_run(run: bytes, mode: bytes) -> str:
    if mode in (b"$B", b"$@"):
        pairs = zip(run[::2], run[1::2], strict=False)
        return b"".join(_shifted(first, second) for first, second in pairs).decode("cp932", "replace")
    if mode == b"(I":
        return bytes(b | 0x80 for b in run).decode("cp932", "replace")
    if mode.startswith(b"$("):
        return (b"\x1b" + mode + run).decode("iso2022_jp_2004" if mode[2:] in b"OPQ" else "iso2022_jp_2", "replace")
    return run.decode("cp932", "replace")


def _shifted(first: int, second: int) -> bytes:
    """A JIS X 0208 pair as Shift_JIS bytes."""
    if not (0x21 <= first <= 0x7E and 0x21 <= second <= 0x7E):
        return b"?"
    lead = (first - 0x21) // 2 + (0x81 if first < 0x5F else 0xC1)
    if first % 2:
        return bytes((lead, second + (0x1F if second < 0x60 else 0x20)))
    return bytes((lead, second + 0x7E))
