"""Fujitsu Si-R: lines and their fate, interfaces, routes, filters that stay open, NAT, detection, any text.

Sources are named in docs/reference/sir.md.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.indented_run import MASQUERADED, addresses, outcomes, packet, rule_names, table, verdict
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Concern, Device
from zoneguard.model.match import ConnState
from zoneguard.parsers import Parsed, Source, yamaha
from zoneguard.parsers._indented.wholeness import PART, SECOND
from zoneguard.parsers._sir import commands
from zoneguard.parsers.assembly import DYNAMIC_ROUTING
from zoneguard.parsers.reading import decode, detect, split_lines
from zoneguard.parsers.sir import PLUGIN, parse

ROUTER = """
Si-R G110B# show running-config
ether 1 1 vlan untag 1
ether 2 1 vlan untag 2
lan 0 ip address 203.0.113.2/30 3
lan 0 ip route 0 default 203.0.113.1 1 1
lan 0 vlan 1
lan 1 ip address 192.168.1.1/255.255.255.0 3
lan 1 ip dhcp info address 192.168.1.2/24 253
lan 1 ip rip use off off 0 off
lan 1 vlan 2
remote 0 name SHISHO
remote 0 ap 0 datalink type ipsec
remote 0 ap 0 tunnel remote 198.51.100.2
remote 0 ip address local 192.168.101.1
remote 0 ip route 0 192.168.2.0/24 1 1
syslog facility 23
terminal charset SJIS
alias history "show logging command brief"
"""
PLAIN = "lan 0 ip address 10.0.0.1/24 3\nlan 1 ip address 10.1.0.1/24 3\n"


def read(text: str) -> Parsed:
    return parse(Source("sir.cfg", tuple(text.strip("\n").split("\n"))), "sir")


def device(text: str) -> Device:
    (found,) = read(text).devices
    return found


def reasons(text: str) -> list[tuple[str, Concern, bool]]:
    return [(m.reason, m.concern, m.bounded) for m in read(text).account.not_understood]


def filtered(*lines: str) -> Device:
    return device(PLAIN + "\n".join(f"lan 0 ip filter {line}" for line in lines))


def test_a_router_without_filters_is_understood_whole() -> None:
    parsed = read(ROUTER)
    (found,) = parsed.devices
    assert parsed.account.not_understood == ()
    assert found.uncertain == ()
    assert addresses(found) == {
        "lan0": ["203.0.113.2/30"],
        "lan1": ["192.168.1.1/24"],
        "remote0": ["192.168.101.1/32"],
    }
    assert table(found) == ["0.0.0.0/0 203.0.113.1 lan0", "192.168.2.0/24 remote0"]
    assert found.interface("lan1").vlan == 2
    assert verdict(found, packet("192.168.1.9", "192.0.2.1"), "lan1", "lan0") == "pass"


def test_a_number_left_out_is_zero() -> None:
    assert addresses(device("lan ip address 10.0.0.1/24 3")) == {"lan0": ["10.0.0.1/24"]}


@pytest.mark.parametrize(
    ("lines", "what", "expected"),
    [
        (["0 pass any any any any any yes any", "default pass"], "udp/53", "pass"),
        (["0 reject any any 10.1.0.9/32 53 17 yes any", "default pass"], "udp/53", "may"),  # its direction is open
        (["0 reject any any 10.1.0.9/32 53 17 yes any", "default pass"], "udp/54", "pass"),
        (["0 reject any any 10.1.0.9/32 53 17 yes any", "default pass"], "tcp/53", "pass"),
        (["0 reject any any 10.1.0.8/255.255.255.255 any any yes any", "default pass"], "udp/53", "pass"),
        (["0 reject any any 10.1.0.8/255.255.255.254 any any yes any", "default pass"], "udp/53", "may"),
        (["0 reject 10.0.0.9/32 40 any any 17 no any", "default pass"], "udp/53", "pass"),  # another source port
        (["0 reject any any any 53 any yes any", "default pass"], "esp", "may"),  # ports beside any protocol
        (["0 reject any any any 53 any yes any", "default pass"], "udp/54", "pass"),
        (["0 pass any any any any any yes any"], "udp/53", "may"),  # the default, where its direction is another
        (["0 restrict any any any any any yes any", "default pass"], "udp/53", "may"),
        (["0 pass any any any any any yes any", "default reject"], "udp/53", "may"),
        (["0 pass any any any any any yes any", "default spi"], "udp/53", "may"),
        (["0 reject acl 3 in", "default pass"], "udp/53", "may"),
        (["0 reject any any 10.1.0.9/32 53 17 yes any reverse any any", "default pass"], "udp/53", "may"),
        (["0 reject any any 10.1.0.9/32 53 17 yes any reverse any any", "default pass"], "udp/54", "pass"),
        (["0 reject any any any any", "default pass"], "udp/53", "may"),  # not readable
    ],
)
def test_filters(lines: list[str], what: str, expected: str) -> None:
    sent = packet("10.0.0.9", "10.1.0.9", what)
    assert verdict(filtered(*lines), sent, "lan0", "lan1") == expected


def test_filters_are_asked_in_the_order_of_their_numbers() -> None:
    """``count`` is the priority, and a second definition replaces the first ([F])."""
    found = filtered(
        "10 reject any any any any any yes any",
        "9 reject any any any any any yes any",
        "9 pass any any any any any yes any",
        "default pass",
    )
    assert rule_names(found) == ["lan0 ip filter 9", "lan0 ip filter 10"] * 2
    assert verdict(found, packet("10.0.0.9", "10.1.0.9", "udp/53"), "lan0", "lan1") == "pass"
    assert verdict(found, packet("10.0.0.9", "10.1.0.9", "tcp/53"), "lan0", "lan1") == "may"  # tcpconnect is open


def test_both_ways_are_open() -> None:
    found = filtered("0 reject any any any any 17 yes any", "default pass")
    sent = packet("10.1.0.9", "10.0.0.9", "udp/53")
    assert verdict(found, sent, "lan1", "lan0") == "may"
    assert verdict(found, sent, "lan1", "remote0") == "pass"


def test_restrict_passes_what_finds_the_line_connected() -> None:
    found = filtered("0 restrict any any any any 17 yes any", "1 reject any any any any 17 yes any", "default pass")
    assert rule_names(found)[:3] == ["lan0 ip filter 0", "lan0 ip filter 0", "lan0 ip filter 1"]
    assert verdict(found, packet("10.0.0.9", "10.1.0.9", "udp/53"), "lan0", "lan1") == "may"


def test_masquerading_stays_open() -> None:
    found = device(PLAIN + "lan 0 ip nat mode multi any 1 5m")
    sent = packet("10.1.0.9", "192.0.2.1", "udp/53")
    sources = {format_address(p.src) for p in outcomes(found, sent, "lan1", "lan0") if p is not None}
    assert sources == {"10.1.0.9", MASQUERADED}
    back = packet("192.0.2.1", "10.1.0.9", "udp/53")
    assert verdict(found, back, "lan0", "lan1") == "may"
    assert verdict(found, packet("192.0.2.1", "10.1.0.9", state=ConnState.ESTABLISHED), "lan0", "lan1") == "pass"
    assert device(PLAIN + "lan 0 ip nat mode off").uncertain == ()


def test_filters_of_a_translating_interface_may_see_either_address() -> None:
    text = PLAIN + "lan 0 ip nat mode multi any 1 5m\nlan 0 ip filter 0 reject 10.0.0.1/32 any any any 17 yes any\n"
    found = device(text + "lan 0 ip filter default pass")
    assert verdict(found, packet("10.1.0.9", "192.0.2.1", "udp/53"), "lan1", "lan0") == "may"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lan 0 ip dhcp service client", (commands.ASSIGNED, Concern.INTERFACE, False)),
        ("lan 0 ip rip use off v1 0 off", (commands.DYNAMIC, Concern.ROUTING, False)),
        ("bgp as 65000", (commands.DYNAMIC, Concern.ROUTING, False)),
        ("lan 0 ip in-policy 0 acl 1", (commands.POLICY, Concern.ROUTING, False)),
        ("lan 0 ip route 0 default 10.0.0.9 1 1\nlan 1 ip route 0 default 10.1.0.9 1 2",
         (commands.SEVERAL_ROUTES, Concern.ROUTING, False)),
        ("lan 0 ip route 0 10.1.0.0/24 10.0.0.9", (commands.OVER_CONNECTED, Concern.ROUTING, False)),
        ("lan 0 ip route 0 default", (commands.UNREAD, Concern.ROUTING, False)),
        ("lan 0 ip address 10.0.0.2/24 3", (SECOND, Concern.INTERFACE, False)),
        ("lan 0 ip nat static 0 10.0.0.9 80 203.0.113.2 80 6", (commands.STATIC_NAT, Concern.NAT, False)),
        ("remote 1 ap 0 datalink type discard", (commands.DISCARDED, Concern.ROUTING, False)),
        ("vlan 20 bridgegroup use on", (commands.BRIDGED, Concern.INTERFACE, False)),
        ("lan 0 ip6 address auto", (commands.IPV6, Concern.INTERFACE, False)),
        ("answer ip filter 0 pass any any any any any yes", (commands.CALLS, Concern.INTERFACE, False)),
        ("acl 10 ip 192.168.1.0/24 any any any", (commands.ACL, Concern.FILTER, True)),
        ("delete lan 0 ip filter 0", (commands.NOT_KNOWN, Concern.FILTER, False)),
        ("lan 0 unheard of", (commands.NOT_KNOWN, Concern.FILTER, False)),
        ("lan 99999 vlan 1", (commands.UNREAD, Concern.INTERFACE, False)),
        ("# lan 0 ip filter 0 reject any any any any any yes", (commands.TYPED, Concern.FILTER, False)),
        ("lan 0 ip filter 0 pass any any any any any yes any", (commands.OPEN_FILTER, Concern.FILTER, True)),
        ("lan 0 ip filter 0 pass any any any any 300 yes any", (commands.UNREAD_FILTER, Concern.FILTER, True)),
        ("lan 0 ip filter default reject", (commands.OPEN_DEFAULT, Concern.FILTER, True)),
        ("lan 0 ip nat mode multi any 1 5m", (commands.OPEN_NAT, Concern.NAT, True)),
    ],
)  # fmt: skip
def test_what_is_left_open_is_said(line: str, expected: tuple[str, Concern, bool]) -> None:
    assert reasons(PLAIN + line) == [expected]


def test_dynamic_routing_is_told_by_its_reason() -> None:
    """As ``with_routes`` knows it."""
    assert commands.DYNAMIC.startswith(DYNAMIC_ROUTING)


def test_a_comment_is_a_comment() -> None:
    assert reasons(PLAIN + "# 庁舎のルータ\n#\nSi-R G110B#\nSi-R G110B(config)# exit") == []


def test_a_part_of_a_configuration_is_no_whole_device() -> None:
    assert [m.reason for m in device("lan 0 ip filter 0 pass any any any any any yes any").uncertain] == [PART]


def test_detection() -> None:
    source = Source("x", tuple(ROUTER.strip("\n").split("\n")))
    assert PLUGIN.sniff(source) == pytest.approx(0.9)
    assert yamaha.PLUGIN.sniff(source) == 0
    assert detect(source).name == "sir"
    assert PLUGIN.sniff(Source("x", ("interface vlan 1", "ip lan1 address 10.0.0.1/24"))) == 0


def test_a_console_capture_in_shift_jis() -> None:
    data = ROUTER.replace("SHISHO", "支所").replace("\n", "\r\n").encode("cp932")
    text, encoding = decode(data, "x")
    assert encoding == "cp932"
    parsed = parse(Source("x", split_lines(text), encoding), "sir")
    assert parsed.account.not_understood == ()


VOCABULARY = (
    "lan remote ether acl answer 0 1 99 ip address route filter nat mode multi static default pass reject restrict spi"
    " any yes no 6 17 10.0.0.1/24 10.0.0.0/255.255.255.0 10.0.0.9 reverse vlan # ² ٣ Si-R# \x00 庁舎 use off"
)
WORDS = st.sampled_from(VOCABULARY.split())


@settings(max_examples=150)
@given(st.lists(st.lists(WORDS, max_size=12).map(" ".join), max_size=12))
def test_any_text_is_accounted_for(lines: list[str]) -> None:
    account = parse(Source("x", tuple(lines)), "sir").account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == len(lines)


NETWORKS = st.tuples(st.integers(0, 3), st.integers(28, 32)).map(lambda n: f"10.1.0.{n[0] << 2}/{n[1]}")
LINE = st.tuples(
    st.sampled_from(["pass", "reject", "restrict"]),
    st.one_of(st.just("any"), NETWORKS),
    st.sampled_from(["any", "53", "54"]),
    st.sampled_from(["any", "17"]),
)


@settings(max_examples=80)
@given(st.lists(LINE, max_size=4), st.integers(0, 15), st.sampled_from([53, 54]))
def test_no_reading_of_the_filters_is_left_out(lines: list[tuple[str, str, str, str]], host: int, port: int) -> None:
    """Whichever way the filters look, whatever else is open, the model holds the outcome: first match, else pass."""
    found = filtered(
        *(
            f"{at} {action} any any {net} {dport} {proto} yes any"
            for at, (action, net, dport, proto) in enumerate(lines)
        ),
        "default pass",
    )
    sent = packet("10.0.0.9", f"10.1.0.{host}", f"udp/{port}")
    got = verdict(found, sent, "lan0", "lan1")
    matching = [action for action, net, dport, _ in lines if _within(host, net) and dport in ("any", str(port))]
    if not matching or matching[0] == "pass":
        assert got == "pass"
    else:
        assert got == "may"


def _within(host: int, net: str) -> bool:
    if net == "any":
        return True
    base, length = net.removeprefix("10.1.0.").split("/")
    return host >> (32 - int(length)) == int(base) >> (32 - int(length))
