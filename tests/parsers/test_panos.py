"""The PAN-OS parser as a whole: its three forms, lines and their fate, detection, damage, and any text at all."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass

import pytest
from bench.panos import block_form, set_form
from bench.panos import settings as generated
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.panos_run import INTERFACES, LAN, WAN, firewall, goes, nat, read, reasons, rule
from zoneguard.model.device import Concern, LineAccount
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.panos import PLUGIN, sniff
from zoneguard.parsers.reading import decode, split_lines

WHOLE = INTERFACES.strip() + "\n" + rule("out", description='"to the world"', tag="t", log_end="yes")

XML = """<?xml version="1.0"?>
<config version="10.2.0" urldb="paloaltonetworks" detail-version="10.2.7">
  <mgt-config><users><entry name="admin"><phash>x</phash></entry></users></mgt-config>
  <devices>
    <entry name="localhost.localdomain">
      <network>
        <interface>
          <ethernet>
            <entry name="ethernet1/1">
              <layer3><ip><entry name="10.1.0.1/24"/></ip></layer3>
            </entry>
            <entry name="ethernet1/2">
              <layer3><ip><entry name="203.0.113.1/24"/></ip></layer3>
            </entry>
          </ethernet>
        </interface>
        <virtual-router>
          <entry name="default">
            <interface><member>ethernet1/1</member><member>ethernet1/2</member></interface>
            <routing-table><ip><static-route>
              <entry name="out">
                <nexthop><ip-address>203.0.113.254</ip-address></nexthop>
                <destination>0.0.0.0/0</destination>
              </entry>
            </static-route></ip></routing-table>
          </entry>
        </virtual-router>
      </network>
      <vsys>
        <entry name="vsys1">
          <zone>
            <entry name="trust"><network><layer3><member>ethernet1/1</member></layer3></network></entry>
            <entry name="untrust"><network><layer3><member>ethernet1/2</member></layer3></network></entry>
          </zone>
          <import><network><interface><member>ethernet1/1</member><member>ethernet1/2</member></interface></network></import>
          <address>
            <entry name="web server"><ip-netmask>198.51.100.7</ip-netmask><description>two
lines</description></entry>
          </address>
          <rulebase>
            <security>
              <rules>
                <entry name="out" uuid="b7">
                  <from><member>trust</member></from>
                  <to><member>untrust</member></to>
                  <source><member>10.1.0.0/24</member></source>
                  <destination><member>web server</member></destination>
                  <application><member>any</member></application>
                  <service><member>service-https</member></service>
                  <action>allow</action>
                </entry>
              </rules>
            </security>
          </rulebase>
        </entry>
      </vsys>
    </entry>
  </devices>
</config>
"""


def accounted(account: LineAccount) -> int:
    return account.understood + sum(account.ignored.values()) + len(account.not_understood)


def test_a_whole_export_is_understood() -> None:
    parsed = read(WHOLE)
    assert not parsed.account.not_understood
    assert accounted(parsed.account) == parsed.account.total == len(WHOLE.split("\n"))
    (device,) = parsed.devices
    assert (device.name, device.vendor, device.uncertain) == ("fw", "paloalto", ())
    assert [v.name for v in device.vrfs] == ["default"]


def test_xml() -> None:
    parsed = read(XML)
    assert not parsed.account.not_understood, reasons(parsed)
    assert accounted(parsed.account) == parsed.account.total
    (device,) = parsed.devices
    assert goes(device, LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == WAN
    assert goes(device, LAN, "10.1.0.5 > 198.51.100.8 tcp/443") == "deny"


def test_xml_on_one_line_and_as_an_answer_of_the_api() -> None:
    one = re.sub(r">\s+<", "><", XML.replace('<?xml version="1.0"?>\n', "")).strip().replace("\n", " ")
    for text in (one, f'<response status="success"><result>{one}</result></response>', "admin@fw> show config\n" + one):
        parsed = read(text)
        assert not parsed.account.not_understood, reasons(parsed)
        assert goes(parsed.devices[0], LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == WAN


def shape(value: object) -> object:
    """A model without its places in the file."""
    if isinstance(value, SourceSpan):
        return None
    if is_dataclass(value):
        return type(value).__name__, tuple(shape(getattr(value, f.name)) for f in fields(value))
    if isinstance(value, tuple):
        return tuple(map(shape, value))
    return value


def test_the_three_forms_are_the_same_device() -> None:
    known = list(generated(40))
    forms = (set_form(iter(known)), block_form(iter(known), xml=False), block_form(iter(known), xml=True))
    found = [PLUGIN.parse(Source("x", lines), "fw") for lines in forms]
    assert all(not parsed.account.not_understood for parsed in found)
    shapes = [shape((p.devices[0].vrfs[0].stages, p.devices[0].interfaces)) for p in found]
    assert shapes[0] == shapes[1] == shapes[2]


@pytest.mark.parametrize(
    ("text", "least"),
    [
        (WHOLE, 0.9),
        (XML, 0.9),
        ("#RANCID-CONTENT-TYPE: paloalto\ndeviceconfig {\n  system {\n    hostname x;\n  }\n}", 0.9),
        ("set address a ip-netmask 10.0.0.1\nset address b fqdn www.example.jp", 0.6),
        ("admin@PA-220> set cli config-output-format set\nadmin@PA-220# show\n" + WHOLE, 0.9),
        (rule("r1"), 0.9),
    ],
)
def test_recognised(text: str, least: float) -> None:
    assert least <= sniff(Source("x", tuple(text.split("\n")))) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\nset security policies default-policy",
        "system {\n    host-name srx;\n}\nsecurity {\n    policies {\n    }\n}",
        "config firewall policy\n    edit 1\n    next\nend",
        "ip lan1 address 192.168.1.1/24\nip filter 1 pass * *",
        "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT",
        "<html><body>rulebase</body></html>",
        "hostname fw\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0",
        "table inet filter {\n\tchain input {\n\t}\n}",
    ],
)
def test_other_formats_are_not_recognised(text: str) -> None:
    assert sniff(Source("x", tuple(text.split("\n")))) < 0.3


def test_quotes_and_descriptions_as_the_device_prints_them() -> None:
    text = """set address "web server" ip-netmask 198.51.100.7
set address a description "with " and ' inside"
set address a ip-netmask 198.51.100.8
set address b description "over
several set rulebase security rules evil action allow
lines"
set address b ip-netmask 198.51.100.9
set address c description ""
"""
    found = firewall(text, rule("out", destination='[ "web server" b ]'))
    assert [goes(found, LAN, f"10.1.0.5 > 198.51.100.{n} tcp/80") for n in (7, 8, 9)] == [WAN, "deny", WAN]
    parsed = read(INTERFACES + text)
    assert not reasons(parsed)


def test_a_quote_that_is_never_closed() -> None:
    parsed = read(INTERFACES + 'set address a description "open\n' + rule("out"))
    assert "a quote is opened and never closed" in reasons(parsed).values()
    assert parsed.devices[0].uncertain


def test_several_settings_on_a_line() -> None:
    found = firewall(
        "set service web protocol tcp port 80",
        "set rulebase security rules one from trust to untrust source [ 10.1.0.5 10.1.0.6 ] destination any "
        "application any service web action allow",
    )
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.7 tcp/80") == WAN
    assert goes(found, LAN, "10.1.0.7 > 198.51.100.7 tcp/80") == "deny"
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.7 tcp/81") == "deny"


def test_lines_that_delete_move_and_rename() -> None:
    found = firewall(
        rule("no", action="deny"),
        rule("yes", source="10.1.0.5"),
        "delete rulebase security rules yes source 10.1.0.5",
        "set rulebase security rules yes source 10.1.0.6",
        "move rulebase security rules yes before no",
        "rename rulebase security rules yes to first",
        rule("gone"),
        "delete rulebase security rules gone",
        "move rulebase security rules no bottom",
    )
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.7 tcp/80") == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/80") == "deny"
    assert not found.uncertain


@pytest.mark.parametrize("line", ["delete zone nothing", "move rulebase security rules a top", "rename zone x to y"])
def test_a_change_that_cannot_be_followed_is_uncertain(line: str) -> None:
    assert [(u.text, u.concern) for u in firewall(line).uncertain] == [(line, Concern.FILTER)]


def test_a_later_line_replaces_a_single_value_and_adds_to_a_list() -> None:
    found = firewall(
        rule("x", action="deny", source="10.1.0.5"),
        'set rulebase security rules "x" action allow',
        'set rulebase security rules "x" source 10.1.0.6',
    )
    assert [goes(found, LAN, f"10.1.0.{n} > 198.51.100.7 tcp/80") for n in (5, 6, 7)] == [WAN, WAN, "deny"]


def test_a_partial_export_says_what_it_lacks() -> None:
    (device,) = read(rule("r")).devices
    assert {u.concern for u in device.uncertain} == {Concern.INTERFACE, Concern.ROUTING}
    (device,) = read("set network virtual-router default interface ethernet1/1").devices
    assert {u.concern for u in device.uncertain} == {Concern.INTERFACE, Concern.FILTER}


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("text", [XML, "\n".join(block_form(generated(10), xml=False))], ids=["xml", "braces"])
def test_a_truncated_file_is_named_and_what_was_read_stands(text: str, keep: float) -> None:
    parsed = read(text[: int(len(text) * keep)])
    assert any("cut short" in reason for reason in reasons(parsed).values())
    assert parsed.devices[0].uncertain
    assert accounted(parsed.account) == parsed.account.total


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE c [<!ENTITY a "b">]><config version="1">&a;</config>',
        '<!DOCTYPE c SYSTEM "file:///etc/passwd"><config version="1"/>',
        "<config>" + "<a>" * 5000,
        "rulebase {" * 5000,
        "set " + "a " * 100_000,
        "set address-group g static [ " + "x " * 100_000 + "]",
        "<config><rulebase></config>",
        "}" * 1000,
    ],
)
def test_hostile_texts_end_and_are_named(text: str) -> None:
    parsed = read(text)
    assert accounted(parsed.account) == parsed.account.total
    assert parsed.account.not_understood or "x x" in text


def test_a_group_of_ten_thousand_members_is_whole_in_every_form() -> None:
    members = " ".join(f"10.{n // 250}.{n % 250}.1" for n in range(10_000))
    braces = f"address-group {{\n  many {{\n    static [ {members}];\n  }}\n}}\n"
    for text in (f"set address-group many static [ {members} ]", braces):
        parsed = read(text + "\n")
        assert not [m for m in parsed.account.not_understood if m.concern is not Concern.OTHER]
    assert goes(firewall(f"set address-group many static [ {members} ]", rule("x", destination="many")), LAN,
                "10.1.0.5 > 10.39.249.1 tcp/80") == WAN  # fmt: skip


def test_an_entry_twice_is_named() -> None:
    twice = XML.replace("</security>", "</security>").replace(
        '<entry name="trust">', '<entry name="trust"><network/></entry><entry name="trust">'
    )
    assert any("second time" in reason for reason in reasons(read(twice)).values())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "euc_jp", "utf-16"])
def test_encodings_and_line_ends(encoding: str) -> None:
    text = (WHOLE + "\nset address 町役場 ip-netmask 198.51.100.7\n" + rule("庁舎", destination="町役場")).replace(
        "\n", "\r\n"
    )
    shown, _ = decode(text.encode(encoding), "x")
    parsed = PLUGIN.parse(Source("x", split_lines(shown)), "fw")
    assert not parsed.account.not_understood
    assert "庁舎" in str(parsed.devices[0].vrfs[0].stages)


VOCABULARY = """
    set delete move rename vsys vsys1 vsys2 rulebase pre-rulebase security nat pbf application-override rules r1 r2
    from to any trust untrust source destination service application action allow deny 10.0.0.0/8 10.0.0.1-10.0.0.9
    2001:db8::/32 address address-group static dynamic filter g1 g2 a1 ip-netmask ip-range ip-wildcard fqdn protocol
    tcp udp port 80 0-65535 99999 service-group members zone network layer3 external ethernet1/1 ethernet1/2 interface
    ethernet ip 10.0.0.1/24 virtual-router logical-router vrf default routing-table static-route nexthop ip-address
    next-vr discard source-translation destination-translation translated-address static-ip bi-directional yes
    dynamic-ip-and-port interface-address negate-source rule-type intrazone disabled device-group devices 001 template
    template-stack templates shared parent-dg [ ] { } ; " ' # ! config variable $x type before top application-default
    forward egress-interface no-pbf before schedule
"""
LINES = st.lists(st.lists(st.sampled_from(VOCABULARY.split()), max_size=9).map(" ".join), max_size=12)


def check(parsed: Parsed, lines: tuple[str, ...]) -> None:
    account = parsed.account
    assert accounted(account) == account.total == len(lines)
    assert parsed.devices
    for device in parsed.devices:
        names = {v.name for v in device.vrfs}
        assert len(names) == len(device.vrfs)


@settings(max_examples=250, deadline=None)
@given(LINES, st.booleans())
def test_any_words_are_accounted_for(lines: list[str], behind: bool) -> None:
    text = tuple((*INTERFACES.strip().split("\n"), *lines) if behind else lines)
    check(PLUGIN.parse(Source("x", text), "fw"), text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.integers(0, len(XML)), st.integers(0, 40))
def test_any_text_is_accounted_for(junk: str, start: int, length: int) -> None:
    for text in (junk, XML[:start] + junk + XML[start + length :]):
        lines = tuple(text.split("\n"))
        assert 0 <= PLUGIN.sniff(Source("x", lines)) <= 1
        check(PLUGIN.parse(Source("x", lines), "fw"), lines)


def test_nat_and_rules_of_one_name_are_apart() -> None:
    found = firewall(rule("x"), nat("x", source_translation__static_ip__translated_address="203.0.113.9"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/80") == WAN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("source any", "source any zzz"),
        ("action allow", "action allow deny"),
        ("ip-netmask 10.1.0.0/16", "ip-netmask 10.1.0.0/16 10.2.0.0/16"),
    ],
)
@pytest.mark.parametrize("braces", [False, True])
def test_words_behind_a_value_are_said(old: str, new: str, braces: bool) -> None:
    settings = [
        "address a ip-netmask 10.1.0.0/16",
        *(f"rulebase security rules r {name} any" for name in ("to", "from", "destination", "application", "service")),
        "rulebase security rules r source any",
        "rulebase security rules r action allow",
    ]
    form = _in_braces if braces else "set {}".format

    def said(lines: list[str]) -> set[str]:
        text = "\n".join(map(form, lines))
        return {m.reason for m in PLUGIN.parse(Source("f", tuple(text.splitlines())), "fw").account.not_understood}

    more = said([line.replace(old, new) for line in settings]) - said(settings)
    assert more


def _in_braces(line: str) -> str:
    words = line.split()
    at = 4 if words[0] == "rulebase" else 2
    return " ".join(f"{word} {{" for word in words[:at]) + f"\n{' '.join(words[at:])};\n" + "}" * at
