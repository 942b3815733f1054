"""What cells of a rule list say: addresses, services, yes and no, in the ways in which offices write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from zoneguard.model.addresses import ALL_ADDRESSES, parse_address, parse_prefix
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, ICMP_PROTOCOLS, PORT_PROTOCOLS, All, AnyOf, Field, In, Match
from zoneguard.parsers._rule_list.sheet_xml import IN_CELL


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


ANY = frozenset({"any", "all", "*", "全て", "すべて", "総て", "任意", "全部", "制限なし", "指定なし", "any4"})
DITTO = frozenset({"〃", "″", "”", '"', "''", "同上", "々", "上に同じ", "同左"})
YES = frozenset({"許可", "可", "○", "〇", "◯", "permit", "allow", "accept", "pass", "通過", "許容"})
DENIES = word_set("拒否 禁止 遮断 破棄 不許可 拒絶 deny drop block reject discard")
NO = DENIES | {"不可", "×", "✕"}
GONE = word_set("無効 廃止 削除 停止 取消 却下 disabled inactive deleted")
OUT_OF_FORCE = GONE | {"終了", "no", "off"}
IN_FORCE = word_set(
    """有効 適用 適用中 適用済 適用済み 使用中 利用中 運用中 稼働中 設定済 設定済み 完了 対応済 対応済み 承認 承認済
    承認済み 済 済み 可 許可 新規 追加 変更 更新 継続 登録 enabled active on yes true 1 approved ○ 〇 ◯"""
)
FORWARD = word_set("→ ⇒ ➡ -> => > 片方向 一方向 単方向 順方向 往路")
BACKWARD = word_set("← ⇐ ⬅ <- <= < 逆方向")
BOTH_WAYS = word_set("⇔ ↔ ⇄ ⇆ <-> <=> 双方向 両方向 双方 往復")
EPHEMERAL = word_set("動的 動的ポート ランダム エフェメラル ephemeral dynamic random")
_IANA = """http/6/80 https/6/443 ssh/6/22 telnet/6/23 smtp/6/25 pop3/6/110 imap/6/143 ftp/6/21 rdp/6/3389 smb/6/445
ldap/6/389 ldaps/6/636 smtps/6/465 imaps/6/993 pop3s/6/995 dns/0/53 ntp/17/123 snmp/17/161 syslog/17/514 dhcp/17/67
tftp/17/69 kerberos/0/88 mysql/6/3306 postgresql/6/5432 mssql/6/1433 oracle/6/1521 lpr/6/515 ipp/6/631"""
SERVICES = {name: (int(proto), int(port)) for name, proto, port in (entry.split("/") for entry in _IANA.split())}
"""IANA names that such lists use; protocol 0 stands for TCP and UDP."""
PROTOCOLS = {
    "tcp": 6,
    "udp": 17,
    "icmp": 1,
    "icmpv6": 58,
    "esp": 50,
    "ah": 51,
    "gre": 47,
    "ip": -1,
    "sctp": 132,
    "igmp": 2,
}
WITHOUT = word_set("- ― ー なし 無し 該当なし 対象外 n/a na none")
"""What stands in a cell of ports that has none."""
PING = frozenset({"ping", "icmp-echo", "icmpエコー"})

_PROTOCOL = re.compile(rf"\b(?:{'|'.join(PROTOCOLS)})\b")
_LABELLED = re.compile(r"(?P<outer>[^()]*?)\s*\((?P<inner>[^()]*)\)")
_NARROWS = re.compile(r"除|以外|のみ|だけ|一部|うち|の内|内 ?\d|!|\b(?:except|excluding|only|not|without)\b")
_SEPARATORS = re.compile(r"[\n\t,;、・]|または|及び|および")
_RANGE = re.compile(r"(?P<low>[0-9a-f.:]+)\s*(?:-|~|〜|～|から)\s*(?P<high>[0-9a-f.:]+)")
_MASKED = re.compile(r"(?P<net>[0-9.]+)\s*(?:/\s*|\s)(?P<mask>255\.[0-9.]+)")
_PORT = re.compile(r"(?P<low>\d{1,5})(?:\s*(?:-|~|〜|～)\s*(?P<high>\d{1,5}))?")
_NAMED_PORT = re.compile(r"(?P<name>[a-z6]+)[/:_ (]*(?P<ports>\d[0-9 ,\-~〜～]*)\)?")
_PORT_NAMED = re.compile(r"(?P<ports>\d[0-9\-~〜～]*)\s*[/:(]\s*(?P<name>tcp|udp|sctp)\)?")


def plain(cell: str) -> str:
    """Full-width letters and digits as ASCII, blanks around gone."""
    return cell.strip() if cell.isascii() else unicodedata.normalize("NFKC", cell).strip().strip("\u3000").strip()


def parts(cell: str) -> Iterator[str]:
    """The entries of a cell that holds several."""
    for part in _SEPARATORS.split(plain(cell).replace(IN_CELL.strip(), "\n")):
        if part.strip():
            yield part.strip()


def address_parts(cell: str) -> Iterator[str]:
    """Likewise, where blanks too may stand between addresses (but not between an address and its mask)."""
    for part in _with_labels(parts(cell)):
        words = part.split()
        several = len(words) > 1 and not _MASKED.fullmatch(part) and all(addresses(word) is not None for word in words)
        yield from words if several else [part]


def _with_labels(found: Iterable[str]) -> Iterator[str]:
    """A label in parentheses on a line of its own belongs to the address above it."""
    last = ""
    for part in found:
        if last and part.startswith("("):
            last += part
            continue
        if last:
            yield last
        last = part
    if last:
        yield last


def is_any(text: str) -> bool:
    """Whether the cell names everything."""
    return plain(text).lower().strip("()") in ANY


def addresses(text: str) -> Intervals | None:
    """One address, prefix, ``address/mask`` or range, with a name in parentheses or in front of them; ``None``: a name,
    or nothing that can be read."""
    text = plain(text).lower()
    labelled = _LABELLED.fullmatch(text)
    if labelled and labelled["outer"] and labelled["inner"] and not _NARROWS.search(text):
        both = [addresses(labelled["outer"]), addresses(labelled["inner"])]
        known = [each for each in both if each is not None]
        return known[0] if len(known) == 1 else None
    if text in ANY:
        return ALL_ADDRESSES
    try:
        masked = _MASKED.fullmatch(text)
        if masked:
            return parse_prefix(f"{masked['net']}/{masked['mask']}")
        between = _RANGE.fullmatch(text)
        if between:
            low, high = _ends(between["low"], between["high"])
            return Intervals.span(low, high) if low <= high and (low >> 128) == (high >> 128) else None
        return parse_prefix(text)
    except ValueError:
        return None


def _ends(low: str, high: str) -> tuple[int, int]:
    """Both ends of a range; ``10.0.0.1-9`` means the last part."""
    if "." in low and high.isdecimal():
        high = low.rpartition(".")[0] + "." + high
    return parse_address(low), parse_address(high)


def ports(text: str) -> Intervals | None:
    """``443``, ``80,8080``, ``8000-8010``; ``None``: none of these."""
    spans = []
    for part in re.split(r"[,\s]+", plain(text).strip()):
        found = _PORT.fullmatch(part)
        if not found:
            return None
        low, high = int(found["low"]), int(found["high"] or found["low"])
        if low > high or high > 65535:
            return None
        spans.append((low, high))
    return Intervals.from_spans(spans) if spans else None


def services(cell: str, protocol: int | None = None) -> Iterator[tuple[str, Match | None]]:
    """The entries of a cell, each with what it asks for; a port without a protocol has that of the entry before it, or
    ``protocol``, which another column says. Beside ports, a protocol alone is that of the ports; where another one is
    named too, it is not known what it is of (``53/tcp, udp``)."""
    last = protocol
    listed = list(parts(cell))
    protocols = {name for part in listed for name in _PROTOCOL.findall(part.lower())}
    ports_named = any(char.isdecimal() for part in listed for char in part)
    for part in listed:
        named = _PROTOCOL.search(part.lower())
        last = last if named is None else PROTOCOLS[named[0]]
        if ports_named and PROTOCOLS.get(part.lower(), 0) in PORT_PROTOCOLS:
            if len(protocols) > 1:
                yield part, None
            continue
        yield part, service(part, last)


def service(text: str, protocol: int | None = None) -> Match | None:
    """``tcp/443``, ``443/tcp``, ``TCP 443``, ``HTTPS``, ``ping``, a port of ``protocol``; ``None``: not known."""
    text = plain(text).lower()
    if text in ANY:
        return _protocol(protocol if protocol is not None else -1)
    if text in WITHOUT and protocol is not None and protocol not in PORT_PROTOCOLS:
        return _protocol(protocol)
    if text in PING:
        return All((In(Field.PROTO, ICMP_PROTOCOLS), In(Field.ICMP, Intervals.of(8 << 8, 128 << 8))))
    if text in PROTOCOLS:
        return _protocol(PROTOCOLS[text])
    found = _NAMED_PORT.fullmatch(text) or _PORT_NAMED.fullmatch(text)
    known = found and found["name"] in PROTOCOLS
    numbers = ports(found["ports"] if found and known else text)
    if numbers is not None:
        return _on(PROTOCOLS[found["name"]] if found and known else protocol, numbers)
    if found and found["name"] in SERVICES and ports(found["ports"]) == Intervals.of(SERVICES[found["name"]][1]):
        text = found["name"]
    if labelled := _LABELLED.fullmatch(text):
        return _labelled(labelled["outer"].strip(), labelled["inner"])
    if text in SERVICES:
        proto, port = SERVICES[text]
        return _on(proto or None, Intervals.of(port))
    return None


def _labelled(label: str, said: str) -> Match | None:
    """``HTTPS(443/tcp)``: a name, and in parentheses what it stands for; ``None`` where they contradict each other."""
    found = _PORT_NAMED.fullmatch(said) or _NAMED_PORT.fullmatch(said)
    if found is None or found["name"] not in PROTOCOLS or _NARROWS.search(label) or _PROTOCOL.search(label):
        return None
    meant = service(said)
    if label in SERVICES:
        proto, port = SERVICES[label]
        return (
            meant if meant in [_on(number, Intervals.of(port)) for number in ([proto] if proto else [6, 17])] else None
        )
    return meant


def protocol(text: str) -> int | None:
    """The number of a protocol; -1 for any; ``None``: not known."""
    text = plain(text).lower()
    if text in ANY:
        return -1
    if text in PROTOCOLS:
        return PROTOCOLS[text]
    return int(text) if text.isdecimal() and int(text) < 256 else None


def source_ports(text: str) -> Intervals | None:
    """Source ports of a cell; ``None`` where it cannot be read."""
    text = plain(text).lower()
    if text in EPHEMERAL:
        return Intervals.span(1024, 65535)
    return ports(",".join(parts(text)))


def _protocol(number: int) -> Match:
    return ALWAYS if number < 0 else In(Field.PROTO, Intervals.of(number))


def _on(protocol: int | None, numbers: Intervals) -> Match:
    """Ports of one protocol; of TCP and UDP where none is named."""
    which = Intervals.of(6, 17) if protocol is None or protocol < 0 else Intervals.of(protocol) & PORT_PROTOCOLS
    return All((In(Field.PROTO, which), In(Field.DPORT, numbers))) if which else AnyOf(())
