"""The rows of a rule list under its heads."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from zoneguard.parsers import Source
from zoneguard.parsers._rule_list.values import DITTO, plain


class Column(StrEnum):
    """What a column holds."""

    ID = "id"
    SOURCE = "source"
    DESTINATION = "destination"
    PROTOCOL = "protocol"
    PORT = "port"
    SERVICE = "service"
    ACTION = "action"
    STATE = "state"
    COMMENT = "comment"


HEADS: dict[Column, frozenset[str]] = {
    column: frozenset(names.split())
    for column, names in {
        Column.ID: "no no. # id 番号 項番 ルール番号 ルールno 通番 連番 ポリシーid ルール名 rule",
        Column.SOURCE: """送信元 送信元ip 送信元ipアドレス 送信元アドレス 送信元(ip) 接続元 接続元ip 接続元ipアドレス
            発信元 通信元 from source src sourceaddress srcip sourceip""",
        Column.DESTINATION: """宛先 宛先ip 宛先ipアドレス 宛先アドレス 宛先(ip) 送信先 送信先ip 送信先ipアドレス
            送信先アドレス 接続先 接続先ip 接続先ipアドレス 通信先 あて先 to destination dst destinationaddress dstip
            destinationip""",
        Column.PROTOCOL: "プロトコル protocol proto l4",
        Column.PORT: """ポート ポート番号 宛先ポート 宛先ポート番号 送信先ポート 接続先ポート port dport
            destinationport""",
        Column.SERVICE: "サービス サービス名 service services 通信内容 プロトコル/ポート サービス/ポート",
        Column.ACTION: "アクション 可否 許可/拒否 許可・拒否 動作 action 処理 判定 通信可否",
        Column.STATE: "状態 有効 有効/無効 ステータス state status enabled 適用",
        Column.COMMENT: """用途 目的 備考 説明 コメント 通信目的 利用目的 通信用途 comment purpose description 理由
            申請理由""",
    }.items()
}
"""Heads without blanks, in small letters and half width."""
MAX_ROWS_BEFORE_HEADS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list: lines ``first`` to ``last``; ``cells`` by column, repeated where the row says ``〃``."""

    first: int
    last: int
    cells: Mapping[Column, str]

    def get(self, column: Column) -> str:
        """The cell as written, without blanks around; empty where there is none."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Heads:
    """The line of the heads, and which place each column has."""

    line: int
    last: int
    places: Mapping[Column, int]


def records(source: Source) -> Iterator[tuple[int, int, list[str]]]:
    """``(first line, last line, cells)`` of each record; a quoted cell may go over lines. Tabs where the file has more
    tabs than commas."""
    sample = source.lines[:200]
    tabs, commas = (sum(line.count(mark) for line in sample) for mark in "\t,")
    csv.field_size_limit(1 << 24)
    reader = csv.reader((line + "\n" for line in source.lines), delimiter="\t" if tabs > commas else ",")
    first = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = []
        yield first, max(first, reader.line_num), cells
        first = reader.line_num + 1


def heads_in(source: Source, named: Mapping[str, str]) -> Heads | None:
    """The first record that heads a source and a destination; ``None`` where no record near the top does.

    ``named``: the list's own heads by column, where they are none of ``HEADS``.
    """
    for n, (first, last, cells) in enumerate(records(source)):
        if n > MAX_ROWS_BEFORE_HEADS:
            return None
        places = _places(cells, named)
        if {Column.SOURCE, Column.DESTINATION} <= places.keys():
            return Heads(first, last, places)
    return None


def _places(cells: list[str], named: Mapping[str, str]) -> dict[Column, int]:
    heads = [_head(cell) for cell in cells]
    places: dict[Column, int] = {}
    for column, usual in HEADS.items():
        names = {_head(named[column])} if column in named else usual
        at = next((n for n, head in enumerate(heads) if head in names), None)
        if at is not None:
            places[column] = at
    return places


def _head(cell: str) -> str:
    return "".join(plain(cell).lower().split())


def rows(source: Source, heads: Heads) -> Iterator[Row]:
    """The rows below the heads that hold anything; ``〃`` and its kin stand for the cell above."""
    above: dict[Column, str] = {}
    for first, last, cells in records(source):
        if first <= heads.last or not any(cell.strip() for cell in cells):
            continue
        row: dict[Column, str] = {}
        for column, at in heads.places.items():
            said = plain(cells[at]) if at < len(cells) else ""
            row[column] = above.get(column, "") if said in DITTO else said
        above = row
        yield Row(first, last, row)
