"""The rows of a rule list under its heads."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice, pairwise

from zoneguard.model.quick import quick
from zoneguard.parsers import Source
from zoneguard.parsers._rule_list.sheet_xml import IN_CELL
from zoneguard.parsers._rule_list.values import DENIES, DITTO, GONE, plain, word_set
from zoneguard.parsers._rule_list.workbook import NEXT_SHEET


class Column(StrEnum):
    """What a column holds."""

    ID = "id"
    SOURCE = "source"
    DESTINATION = "destination"
    PROTOCOL = "protocol"
    PORT = "port"
    SOURCE_PORT = "source_port"
    SERVICE = "service"
    ACTION = "action"
    STATE = "state"
    DIRECTION = "direction"
    SINCE = "since"
    UNTIL = "until"
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
        Column.SOURCE_PORT: """送信元ポート 送信元ポート番号 接続元ポート 接続元ポート番号 発信元ポート sport srcport
            sourceport""",
        Column.SERVICE: """サービス サービス名 service services 通信内容 プロトコル/ポート サービス/ポート
            プロトコル・ポート ポート/プロトコル 使用ポート 利用ポート 通信プロトコル""",
        Column.ACTION: """アクション 可否 許可 許可/拒否 許可・拒否 許可/不許可 許可可否 動作 action 処理 判定 通信可否
            許否""",
        Column.STATE: """状態 有効 有効/無効 有効・無効 ステータス state status enabled 適用 申請区分 申請種別 変更区分
            変更種別 設定状況 適用状況 作業区分 新規/変更/削除 新規・変更・削除 新規/変更/廃止 新規・変更・廃止
            追加/変更/削除 追加・変更・削除 追加/変更/廃止 追加・変更・廃止 新規/削除 新規・削除
            追加/削除 追加・削除""",
        Column.DIRECTION: "方向 通信方向 向き 接続方向 direction",
        Column.SINCE: "開始日 利用開始日 適用開始日 適用日 施行日 有効開始日 validfrom startdate since",
        Column.UNTIL: """期限 有効期限 利用期限 使用期限 終了日 利用終了日 適用終了日 終了予定日 廃止日 廃止予定日 期間
            利用期間 有効期間 適用期間 expires expiry expirydate enddate validuntil until""",
        Column.COMMENT: """用途 目的 備考 説明 コメント 通信目的 利用目的 通信用途 comment purpose description 理由
            申請理由""",
    }.items()
}
"""Heads without blanks, in small letters and half width."""
_ADDRESSES = word_set(
    """ip ipアドレス アドレス ipアドレス/セグメント セグメント ネットワーク ネットワークアドレス ipv4アドレス
    ipv6アドレス address ipaddress network"""
)
_LABELS = word_set(
    """ホスト名 ホスト サーバ名 サーバー名 機器名 名称 システム名 拠点 所属 部署 部署名 課名 端末名 ゾーン zone host
    hostname name 備考 用途"""
)
_PORTS = frozenset({"ポート", "ポート番号", "port"})
MAX_ROWS_BEFORE_HEADS = 50
_LONGEST_HEAD = 60


@quick
@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list: lines ``first`` to ``last``; ``cells`` by column, repeated where the row says ``〃``."""

    first: int
    last: int
    cells: Mapping[Column, str]

    def get(self, column: Column) -> str:
        """The cell as written, without blanks around; empty where there is none."""
        return self.cells.get(column, "")

    def reversed(self) -> Row:
        """The same with source and destination exchanged."""
        ends = {Column.SOURCE: self.get(Column.DESTINATION), Column.DESTINATION: self.get(Column.SOURCE)}
        return Row(self.first, self.last, {**self.cells, **ends})


@dataclass(frozen=True, slots=True)
class Heads:
    """The lines of the heads, of one row or of two, and which place each column has."""

    first: int
    last: int
    places: Mapping[Column, int]


@dataclass(frozen=True, slots=True)
class Stray:
    """Lines that are no row: above the heads, empty, or (``sheet``) the name of a sheet that begins."""

    first: int
    last: int
    sheet: bool = False


Record = tuple[int, int, list[str]]


def records(source: Source) -> Iterator[Record]:
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
    for record, below in pairwise([*islice(records(source), MAX_ROWS_BEFORE_HEADS + 1), (0, 0, [])]):
        if heads := _heads(record, below, named):
            return heads
    return None


def entries(source: Source, named: Mapping[str, str]) -> Iterator[Heads | Row | Stray]:
    """Everything in the list, in order. Heads count until the next ones, or until the end of their sheet; ``〃`` and
    its kin stand for the cell above."""
    heads: Heads | None = None
    above: dict[Column, str] = {}
    for record, below in pairwise([*records(source), (0, 0, [])]):
        first, last, cells = record
        if heads is not None and first <= heads.last:
            continue
        found = _heads(record, below, named)
        if found is not None:
            heads, above = found, {}
            yield heads
        elif source.encoding == "xlsx" and cells and cells[0].startswith(NEXT_SHEET):
            heads = None
            yield Stray(first, last, sheet=True)
        elif heads is None or not any(cell.strip() for cell in cells):
            yield Stray(first, last)
        else:
            above = {column: _cell(cells, at, above.get(column, "")) for column, at in heads.places.items()}
            yield Row(
                first, last, _unheaded(Column.ACTION, DENIES, cells) | _unheaded(Column.STATE, GONE, cells) | above
            )


def _cell(cells: list[str], at: int, above: str) -> str:
    said = plain(cells[at]) if at < len(cells) else ""
    return above if said in DITTO else said


def _unheaded(column: Column, words: Collection[str], cells: list[str]) -> dict[Column, str]:
    """A word of denial or removal where no column is for it: it may be of the row, or of something else."""
    found = next((plain(cell) for cell in cells if plain(cell).lower() in words), "")
    return {column: f"{found}?"} if found else {}


def _heads(record: Record, below: Record, named: Mapping[str, str]) -> Heads | None:
    first, last, cells = record
    upper = [_head(cell) for cell in cells]
    if not any(head in _names(Column.SOURCE, named) or head.endswith(")") for head in upper):
        return None
    places = _places(upper, named)
    if not {Column.SOURCE, Column.DESTINATION} <= places.keys():
        return None
    lower = [_head(cell) for cell in below[2]]
    if sum(head in _ADDRESSES | _LABELS | _PORTS for head in lower) < 2:
        return Heads(first, last, places)
    return Heads(first, below[1], places | _places_below(upper, lower, named))


def _places(heads: list[str], named: Mapping[str, str]) -> dict[Column, int]:
    places: dict[Column, int] = {}
    for column in Column:
        names = _names(column, named)
        at = next((n for n, head in enumerate(heads) if head in names or head.partition("(")[0] in names), None)
        if at is not None:
            places[column] = at
    return places


def _names(column: Column, named: Mapping[str, str]) -> Collection[str]:
    return {_head(named[column])} if column in named else HEADS[column]


def _places_below(upper: list[str], lower: list[str], named: Mapping[str, str]) -> dict[Column, int]:
    """Places by two rows of heads, of which the upper one may leave cells of a group empty (as CSV has merged ones)."""
    places = _places([head if n >= len(upper) or head != upper[n] else "" for n, head in enumerate(lower)], named)
    group = ""
    for n, head in enumerate(lower):
        group = (upper[n] if n < len(upper) else "") or group
        for column, port in ((Column.SOURCE, Column.SOURCE_PORT), (Column.DESTINATION, Column.PORT)):
            if group in _names(column, named):
                if head in _ADDRESSES:
                    places[column] = n
                elif head in _PORTS:
                    places[port] = n
    if places.get(Column.PORT) == places.get(Column.SOURCE_PORT):
        places.pop(Column.PORT, None)
    return places


@lru_cache(maxsize=4096)
def _head(cell: str) -> str:
    return "".join(plain(cell).lower().split()).replace(IN_CELL.strip(), "") if len(cell) <= _LONGEST_HEAD else ""
