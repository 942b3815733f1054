"""The ledger of devices (管理台帳): a CSV file as offices keep it, with a column of MAC addresses."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

from zoneguard.loading.reading import read_text
from zoneguard.loading.values import FieldError, mac
from zoneguard.model.errors import InputError
from zoneguard.model.project import LedgerEntry
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_

MAC_HEADS = ("mac", "macアドレス", "mac address", "mac_address", "物理アドレス")
NAME_HEADS = ("name", "hostname", "host", "端末名", "機器名", "ホスト名", "コンピュータ名", "管理番号")


def read_ledger(path: Path) -> tuple[tuple[LedgerEntry, ...], list[InputError]]:
    """One entry a row with a MAC address, and what is wrong in the file. A row without one (a leased line, a spare) is
    passed over.

    The columns are found by their heads, in Japanese or English; UTF-8 or CP932. Raises ``InputError`` where the file
    cannot be read or has no column of MAC addresses.
    """
    rows = csv.reader(read_text(path).splitlines())
    try:
        lines = [(rows.line_num, row) for row in rows]
    except csv.Error as error:
        raise InputError(N_("not a table: {reason}", reason=str(error)), str(path), rows.line_num) from None
    heads = next(((n, row) for n, row in lines if _column(row, MAC_HEADS) is not None), None)
    if heads is None:
        known = ", ".join(MAC_HEADS)
        raise InputError(N_("no column of MAC addresses; its head is one of: {heads}", heads=known), str(path), 1)
    first, head = heads
    at, called = _column(head, MAC_HEADS), _column(head, NAME_HEADS)
    entries: list[LedgerEntry] = []
    errors: list[InputError] = []
    for number, row in lines:
        text = _plain(row[at]) if number > first and at is not None and at < len(row) else ""
        if not text:
            continue
        try:
            name = _plain(row[called]) if called is not None and called < len(row) else ""
            entries.append(LedgerEntry(mac(text), name, SourceSpan(str(path), number, number)))
        except FieldError as error:
            errors.append(InputError(error.text, str(path), number))
    return tuple(entries), errors


def _column(row: list[str], heads: tuple[str, ...]) -> int | None:
    cells = [_plain(cell).lower() for cell in row]
    return next((cells.index(head) for head in heads if head in cells), None)


def _plain(cell: str) -> str:
    """Without blanks around, full-width letters as ASCII."""
    return unicodedata.normalize("NFKC", cell).strip()
