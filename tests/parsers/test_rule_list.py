"""rule_list: the lists that offices keep, as CSV and as workbooks."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from zoneguard.model.addresses import parse_address
from zoneguard.model.device import Deny, Permit, Rule
from zoneguard.model.errors import InputError
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, AnyOf, Field, In, Match, Unknown
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._rule_list import values
from zoneguard.parsers.reading import detect, read_source
from zoneguard.parsers.rule_list import PLUGIN, parse_mapped

FORM = """\
FWルール申請書,,,,,,
提出日,2026/10/01,,,,,
項番,送信元IPアドレス,宛先IPアドレス,プロトコル,ポート番号,可否,用途
１,１０．２０．０．０／１６,"10.40.1.20
10.40.1.21",ＴＣＰ,４４３,許可,無害化ファイルの取出し
2,〃,10.30.50.0～10.30.50.63,TCP/UDP,"8443、22443",○,画面転送
3,10.20.10.10,基幹サーバ,TCP,25,許可,
4,全て,全て,全て,全て,拒否,既定
"""


def read(text: str) -> Parsed:
    return PLUGIN.parse(Source("list.csv", tuple(text.splitlines())), "list")


def rules(parsed: Parsed) -> list[Rule]:
    return [r for r in parsed.devices[0].vrfs[0].lists["rules"].rules if isinstance(r, Rule)]


def matches(match: Match, packet: Packet) -> bool:
    if isinstance(match, All):
        return all(matches(part, packet) for part in match.parts)
    if isinstance(match, AnyOf):
        return any(matches(part, packet) for part in match.parts)
    assert isinstance(match, In)
    return packet.get(match.field) in match.values


def packet(src: str, dst: str, proto: int, dport: int) -> Packet:
    return Packet(parse_address(src), parse_address(dst), proto, 40000, dport)


def test_a_form_is_read_as_people_read_it() -> None:
    parsed = read(FORM)
    first, second, third, last = rules(parsed)
    assert (first.span.first, first.span.last, first.name, first.comment) == (4, 5, "1", "無害化ファイルの取出し")
    assert matches(first.match, packet("10.20.3.4", "10.40.1.21", 6, 443))
    assert not matches(first.match, packet("10.20.3.4", "10.40.1.22", 6, 443))
    assert matches(second.match, packet("10.20.3.4", "10.30.50.63", 17, 22443))
    assert not matches(second.match, packet("10.21.3.4", "10.30.50.63", 17, 22443))
    assert isinstance(third.action, Permit)
    assert any(isinstance(part, Unknown) for part in third.match.parts)  # type: ignore[union-attr]
    assert last.action == Deny()
    assert [(m.span.first, m.bounded) for m in parsed.account.not_understood] == [(7, True)]
    assert parsed.account.total == 8


def test_names_and_heads_of_ones_own_come_from_the_mapping() -> None:
    text = FORM.replace("送信元IPアドレス", "利用側").replace("宛先IPアドレス", "提供側")
    source = Source("list.csv", tuple(text.splitlines()))
    assert PLUGIN.sniff(source) == 0
    names = {"基幹サーバ": Intervals.of(parse_address("10.10.0.9"))}
    parsed = parse_mapped(source, "list", {"source": "利用側", "destination": "提供側"}, names)
    assert not parsed.account.not_understood
    assert matches(rules(parsed)[2].match, packet("10.20.10.10", "10.10.0.9", 6, 25))


@pytest.mark.parametrize(
    ("cell", "protocol", "port"),
    [
        ("tcp/443", 6, 443), ("443/tcp", 6, 443), ("TCP 443", 6, 443), ("ＴＣＰ：４４３", 6, 443), ("HTTPS", 6, 443),
        ("https(443)", 6, 443), ("tcp/80,443", 6, 443), ("udp/500-510", 17, 505), ("DNS", 17, 53), ("RDP", 6, 3389),
        ("443 (TCP)", 6, 443), ("https(443/tcp)", 6, 443), ("ＤＮＳ（ＵＤＰ／５３）", 17, 53),
        ("業務連携(8443/tcp)", 6, 8443),
    ],
)  # fmt: skip
def test_services_as_they_are_written(cell: str, protocol: int, port: int) -> None:
    found = [match for _, match in values.services(cell)]
    assert all(match is not None for match in found)
    assert any(matches(match, packet("10.0.0.1", "10.0.0.2", protocol, port)) for match in found if match)
    assert not any(matches(match, packet("10.0.0.1", "10.0.0.2", protocol, 9)) for match in found if match)


@pytest.mark.parametrize(
    ("cell", "inside", "outside"),
    [
        ("10.1.2.0/24", "10.1.2.9", "10.1.3.0"), ("10.1.2.0 255.255.255.0", "10.1.2.9", "10.1.3.0"),
        ("10.1.2.0/255.255.255.0", "10.1.2.9", "10.1.3.0"), ("10.1.2.3-9", "10.1.2.9", "10.1.2.10"),
        ("10.1.2.3 ~ 10.1.2.9", "10.1.2.9", "10.1.2.10"), ("2001:db8::/32", "2001:db8::1", "2001:db9::"),
        ("10.1.2.3 10.1.2.9", "10.1.2.9", "10.1.2.4"), ("・10.1.2.3、10.1.2.9", "10.1.2.3", "10.1.2.4"),
        ("任意", "192.0.2.1", ""),
    ],
)  # fmt: skip
def test_addresses_as_they_are_written(cell: str, inside: str, outside: str) -> None:
    found = [values.addresses(part) for part in values.address_parts(cell)]
    assert found
    assert None not in found
    assert any(parse_address(inside) in each for each in found if each)
    assert not outside or not any(parse_address(outside) in each for each in found if each)


@pytest.mark.parametrize("cell", ["10.1.2.300", "server01", "10.1.2.9-10.1.2.3", "10.0.0.0/33", "10.1.2.0/255.0.255.0"])
def test_what_is_no_address_is_a_name(cell: str) -> None:
    assert None in [values.addresses(part) for part in values.address_parts(cell)]


def test_a_row_out_of_force_and_a_row_of_neither_side_are_ignored() -> None:
    parsed = read("source,destination,service,state\n10.0.0.1,10.0.0.2,ssh,無効\n,,ssh,\n10.0.0.1,10.0.0.2,ssh,有効\n")
    assert len(rules(parsed)) == 1
    assert sum(parsed.account.ignored.values()) == 2


def test_an_action_that_is_neither_may_be_either() -> None:
    first, second = rules(read("source,destination,action\n10.0.0.1,10.0.0.2,要相談\n"))
    assert (first.action, second.action) == (Permit(), Deny())
    assert any(isinstance(part, Unknown) for part in first.match.parts)  # type: ignore[union-attr]


def test_a_row_without_service_columns_is_of_every_service() -> None:
    (rule,) = rules(read("送信元,宛先\n10.0.0.1,10.0.0.2\n"))
    ends = (
        In(Field.SRC, Intervals.of(parse_address("10.0.0.1"))),
        In(Field.DST, Intervals.of(parse_address("10.0.0.2"))),
    )
    assert rule.match == All(ends)


def said(text: str, flow: str, day: date | None = None) -> str:
    """What the list says of a new connection: ``pass``, ``drop``, or ``may`` where a condition is open."""
    src, _, dst, service = flow.split()
    proto, _, port = service.partition("/")
    asked = packet(src, dst, {"tcp": 6, "udp": 17}[proto], int(port))
    parsed = parse_mapped(Source("list.csv", tuple(text.splitlines())), "list", {}, {}, day)
    ways = {decided(rules(parsed), asked, open_) for open_ in (False, True)}
    return {True: "pass", False: "drop"}[ways.pop()] if len(ways) == 1 else "may"


def decided(listed: list[Rule], asked: Packet, open_: bool) -> bool:
    """Whether the first rule that matches permits; every open condition is ``open_``."""

    def holds(match: Match) -> bool:
        if isinstance(match, All | AnyOf):
            return (all if isinstance(match, All) else any)(holds(part) for part in match.parts)
        return open_ if isinstance(match, Unknown) else matches(match, asked)

    return next((isinstance(rule.action, Permit) for rule in listed if holds(rule.match)), False)


TWO_ROWS = """\
別紙3 通信要件一覧,,,,,,,,
No.,送信元,,,宛先,,,プロトコル,可否
,部署名,ホスト名,IPアドレス,ホスト名,IPアドレス,ポート番号,,
1,税務課,端末,10.10.0.5,基幹サーバ,10.20.0.9,443,TCP,許可
"""
REPEATED = """\
送信元,宛先,ポート
10.1.0.1,10.2.0.1,tcp/22

,,
宛先,送信元,ポート
10.2.0.1,10.1.0.1,tcp/80
"""
PORTED = "送信元,宛先,プロトコル,ポート\n10.1.0.1,10.2.0.1,{},{}"
SERVED = "送信元,宛先,サービス\n10.1.0.1,10.2.0.1,{}"
ENDS = "送信元,宛先,ポート\n{},{},22"
SOURCE_PORT = "送信元,送信元ポート,宛先,ポート\n10.1.0.1,{},10.2.0.1,udp/500"
WAY = "送信元,方向,宛先,ポート\n10.1.0.1,{},10.2.0.1,tcp/22"
STATE = "送信元,宛先,ポート,{}\n10.1.0.1,10.2.0.1,22,{}"
LINES = ('"TCP\nUDP"', '"443\n53"')
THERE = "10.1.0.1 > 10.2.0.1"


@pytest.mark.parametrize(
    ("text", "flow", "expected"),
    [
        # two rows of heads, of which the upper one is merged
        (TWO_ROWS, "10.10.0.5 > 10.20.0.9 tcp/443", "pass"),
        (TWO_ROWS, "10.10.0.5 > 10.20.0.9 udp/443", "drop"),
        (TWO_ROWS, "10.10.0.5 > 10.20.0.9 tcp/80", "drop"),
        # heads again, with the columns in another order
        (REPEATED, f"{THERE} tcp/22", "pass"),
        (REPEATED, f"{THERE} tcp/80", "pass"),
        (REPEATED, "10.2.0.1 > 10.1.0.1 tcp/80", "drop"),
        # protocols and ports in cells of their own
        (PORTED.format("TCP・UDP", 53), f"{THERE} udp/53", "pass"),
        (PORTED.format("TCP・UDP", 53), f"{THERE} udp/54", "drop"),
        (PORTED.format(LINES[0], 53), f"{THERE} tcp/54", "drop"),
        (PORTED.format(*LINES), f"{THERE} udp/53", "pass"),
        (PORTED.format(*LINES), f"{THERE} tcp/53", "drop"),
        (PORTED.format("TCP/443", ""), f"{THERE} tcp/22", "drop"),
        (PORTED.format("TCP/80", ""), f"{THERE} tcp/80", "pass"),
        (PORTED.format("HTTP", 8080), f"{THERE} tcp/80", "may"),
        (PORTED.format("HTTP", ""), f"{THERE} tcp/80", "pass"),
        # a protocol beside ports in one cell
        (SERVED.format('"TCP,443"'), f"{THERE} tcp/443", "pass"),
        (SERVED.format('"TCP,443"'), f"{THERE} tcp/22", "drop"),
        (SERVED.format('"53/tcp,udp"'), f"{THERE} tcp/53", "pass"),
        (SERVED.format('"53/tcp,udp"'), f"{THERE} udp/9", "may"),
        (SERVED.format("TCP・UDP"), f"{THERE} udp/9", "pass"),
        # names beside addresses
        (ENDS.format("10.1.0.1(端末)", "基幹サーバ1（10.2.0.1）"), f"{THERE} tcp/22", "pass"),
        (ENDS.format("10.1.0.1", '"10.2.0.1\n（DNSサーバ）"'), f"{THERE} tcp/22", "pass"),
        (ENDS.format("10.1.0.0/16(10.1.9.0/24を除く)", "10.2.0.1"), f"{THERE} tcp/22", "may"),
        (ENDS.format("10.1.0.0/16(業務端末のみ)", "10.2.0.1"), f"{THERE} tcp/22", "may"),
        (ENDS.format("本庁LAN以外(10.1.0.0/16)", "10.2.0.1"), f"{THERE} tcp/22", "may"),
        # source ports and directions
        (SOURCE_PORT.format("500"), f"{THERE} udp/500", "drop"),
        (SOURCE_PORT.format("動的"), f"{THERE} udp/500", "pass"),
        (SOURCE_PORT.format("制御用"), f"{THERE} udp/500", "may"),
        (WAY.format("←"), f"{THERE} tcp/22", "drop"),
        (WAY.format("←"), "10.2.0.1 > 10.1.0.1 tcp/22", "pass"),
        (WAY.format("⇔"), "10.2.0.1 > 10.1.0.1 tcp/22", "pass"),
        (WAY.format("→"), f"{THERE} tcp/22", "pass"),
        (WAY.format("上り"), f"{THERE} tcp/22", "may"),
        # states, and words of denial in a column that is not known
        (STATE.format("ステータス", "適用済"), f"{THERE} tcp/22", "pass"),
        (STATE.format("ステータス", "申請中"), f"{THERE} tcp/22", "may"),
        (STATE.format("申請区分", "削除"), f"{THERE} tcp/22", "drop"),
        (STATE.format("FW設定", "拒否"), f"{THERE} tcp/22", "may"),
        (STATE.format("FW設定", "削除"), f"{THERE} tcp/22", "may"),
        (STATE.format("追加/変更/削除", "削除"), f"{THERE} tcp/22", "drop"),
        (STATE.format("新規・変更・廃止", "変更"), f"{THERE} tcp/22", "pass"),
        # a port of a protocol that has none, and names that contradict their ports
        (PORTED.format("ICMP", "-"), f"{THERE} tcp/22", "drop"),
        (PORTED.format("IP", "－"), f"{THERE} tcp/22", "pass"),
        (PORTED.format("TCP", "-"), f"{THERE} tcp/22", "may"),
        (SERVED.format("HTTPS(80/tcp)"), f"{THERE} tcp/80", "may"),
        (SERVED.format("業務以外(22/tcp)"), f"{THERE} tcp/22", "may"),
        ("送信元（クライアント）,宛先（サーバ）,ポート\n10.1.0.1,10.2.0.1,22", f"{THERE} tcp/22", "pass"),
    ],
)
def test_what_a_list_says_of_a_packet(text: str, flow: str, expected: str) -> None:
    assert said(text, flow) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2027/3/31", "pass"), ("2026-11-01", "pass"), ("2026/10/31", "drop"), ("令和9年3月31日", "pass"),
        ("Ｒ８．３．３１", "drop"), ("H30.4.1", "drop"), ("2026年11月", "pass"), ("～2026年10月", "drop"),
        ("2026/4/1～2027/3/31", "pass"), ("2026/12/1～2027/3/31", "drop"), ("無期限", "pass"), ("", "pass"),
        ("年度末まで", "may"), ("2026/13/1", "may"), ("26/3/31", "may"),
    ],
)  # fmt: skip
def test_a_row_counts_on_the_days_of_its_term(cell: str, expected: str) -> None:
    text = f"送信元,宛先,ポート,有効期限\n10.1.0.1,10.2.0.1,22,{cell}"
    assert said(text, f"{THERE} tcp/22", date(2026, 11, 1)) == expected
    undated = "pass" if cell in ("", "無期限") else "may"
    assert said(text, f"{THERE} tcp/22") == undated  # no day is asked about


def test_a_row_counts_from_its_first_day_on() -> None:
    text = "送信元,宛先,ポート,利用開始日\n10.1.0.1,10.2.0.1,22,2026/11/2"
    assert said(text, f"{THERE} tcp/22", date(2026, 11, 1)) == "drop"
    assert said(text, f"{THERE} tcp/22", date(2026, 11, 2)) == "pass"


def test_each_sheet_has_heads_of_its_own_or_is_no_list(tmp_path: Path) -> None:
    made = book()
    other = made.create_sheet("県")
    other.append(["宛先", "送信元", "ポート"])
    other.append(["10.9.0.1", "10.8.0.1", "tcp/22"])
    made.create_sheet("改訂履歴").append(["10.1.0.1", "10.1.0.2", "初版"])
    parsed = PLUGIN.parse(read_source(saved(made, tmp_path / "list.xlsx"), "list.xlsx"), "list")
    assert not parsed.account.not_understood
    assert len(rules(parsed)) == 3
    assert matches(rules(parsed)[2].match, packet("10.8.0.1", "10.9.0.1", 6, 22))
    assert parsed.account.ignored["a sheet without heads of a source and a destination column"] == 1


def test_what_is_struck_out_is_not_declared(tmp_path: Path) -> None:
    made = book()
    sheet = made.active
    assert sheet is not None
    sheet["C3"].font = Font(strike=True)
    sheet["C2"] = CellRichText("10.30.0.1\n", TextBlock(InlineFont(strike=True), "10.30.0.2"))
    parsed = PLUGIN.parse(read_source(saved(made, tmp_path / "list.xlsx"), "list.xlsx"), "list")
    assert [m.span.first for m in parsed.account.not_understood] == [2, 3]
    assert decided(rules(parsed), packet("10.20.0.1", "10.30.0.1", 6, 443), open_=False)
    assert not decided(rules(parsed), packet("10.20.0.1", "10.30.0.2", 6, 443), open_=False)
    assert not decided(rules(parsed), packet("10.20.0.1", "10.30.0.3", 6, 22), open_=False)


def book() -> Workbook:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(["項番", "送信元", "宛先", "サービス", "可否"])
    sheet.append([1, "10.20.0.0/16", "10.30.0.1\n10.30.0.2", "HTTPS", "許可"])
    sheet.append([2, None, "10.30.0.3", "tcp/22", "許可"])
    sheet.merge_cells("B2:B3")
    hidden = made.create_sheet("old")
    hidden.sheet_state = "hidden"
    hidden.append(["送信元", "宛先"])
    return made


def saved(made: Workbook, file: Path) -> Path:
    out = BytesIO()
    made.save(out)
    file.write_bytes(out.getvalue())
    return file


def test_a_workbook_is_read_with_merged_cells_and_without_hidden_sheets(tmp_path: Path) -> None:
    source = read_source(saved(book(), tmp_path / "list.xlsx"), "list.xlsx")
    assert detect(source) is PLUGIN
    first, second = rules(PLUGIN.parse(source, "list"))
    assert (first.span.first, second.span.first) == (2, 3)
    assert matches(first.match, packet("10.20.0.1", "10.30.0.2", 6, 443))
    assert matches(second.match, packet("10.20.0.1", "10.30.0.3", 6, 22))


def test_a_damaged_workbook_is_refused_in_words(tmp_path: Path) -> None:
    file = saved(book(), tmp_path / "list.xlsx")
    data = file.read_bytes()
    file.write_bytes(data.replace(b"<sheetData", b"<sheetDatb").replace(b"workbook", b"workbook"))
    at = data.index(b"xl/worksheets/sheet1.xml") + 60
    file.write_bytes(data[:at] + b"\0" * 40 + data[at + 40 :])
    with pytest.raises(InputError, match="workbook"):
        read_source(file, "list.xlsx")


WORDS = ["送信元", "宛先", "source", "to", "10.0.0.1", "〃", '"', "全て", "tcp/80", "\n", "許可", "x", "〜"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["送信元", "宛先", "source", "to", "10.0.0.1", "〃", '"', "全て", "tcp/80", "\n", "許可", "x", "〜"]
            ),
            max_size=6,
        ),
        max_size=8,
    )
)
def test_any_table_is_accounted_for_and_nothing_raises(cells: list[list[str]]) -> None:
    text = "\n".join(",".join(row) for row in cells)
    source = Source("list.csv", tuple(text.split("\n")))
    PLUGIN.sniff(source)
    account = PLUGIN.parse(source, "x").account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
