"""Inner parts of PAN-OS and Junos configurations are read where their own words say what they are parts of."""

from __future__ import annotations

import textwrap

import pytest

from tests.parsers.packet_run import Runs
from zoneguard.model.device import Device
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.junos import parse as junos
from zoneguard.parsers.panos import parse as panos
from zoneguard.parsers.reading import detect

ANY = "".join(f"<{w}><member>any</member></{w}>" for w in ("from", "to", "source", "destination", "service"))
RULE = f'<entry name="r1">\n{ANY}<application><member>any</member></application><action>allow</action>\n</entry>\n'
NAT = (
    f'<entry name="n1">\n{ANY}<source-translation><dynamic-ip><translated-address><member>192.0.2.1</member>'
    "</translated-address></dynamic-ip></source-translation>\n</entry>\n"
)
ANSWER = '<response status="success" code="19"><result total-count="1" count="1">\n{}</result></response>\n'
RULES = f"<rules>\n{RULE}</rules>\n"
BASE = f"<security>\n{RULES}</security>\n"
VSYS = f'<entry name="vsys1">\n<rulebase>\n{BASE}</rulebase>\n</entry>\n'
DEVICE = f'<entry name="localhost.localdomain">\n<vsys>\n{VSYS}</vsys>\n</entry>\n'


def source(text: str) -> Source:
    return Source("f", tuple(text.splitlines()))


def rules(parsed: Parsed) -> list[str]:
    return [entry.text for entry in parsed.account.not_understood]


@pytest.mark.parametrize(
    "text",
    [
        RULE, RULES, BASE, f"<rulebase>\n{BASE}</rulebase>\n", VSYS, DEVICE, f"<devices>\n{DEVICE}</devices>\n",
        f'<config version="10.1.0" urldb="paloaltonetworks">\n<devices>\n{DEVICE}</devices>\n</config>\n',
    ],
)  # fmt: skip
@pytest.mark.parametrize("frame", ["{}", ANSWER])
def test_the_same_rule_at_every_depth(text: str, frame: str) -> None:
    """PAN-OS XML API reference, "Get configuration": an answer holds the element or entry that the XPath names."""
    given = source(frame.format(text))
    assert detect(given).name == "panos"
    parsed = panos(given, "fw")
    assert not parsed.account.not_understood
    assert parsed.account.understood == len(given.lines)
    (watch,) = parsed.devices[0].watches or ()
    assert given.lines[watch.span.first - 1] == '<entry name="r1">'


def test_parts_side_by_side_are_read_in_their_order() -> None:
    text = "admin@fw> show\n" + RULE + "\n" + RULE.replace("r1", "r2") + ANSWER.format(NAT) + "admin@fw>\n"
    parsed = panos(source(text), "fw")
    assert not parsed.account.not_understood
    assert len(parsed.devices[0].watches or ()) == 2
    stray = panos(source(RULE + "what is this\n" + RULE.replace("r1", "r2")), "fw")
    assert rules(stray) == ["what is this"]
    cut = panos(source(RULE + RULE.replace("r1", "r2").rpartition("</entry>")[0]), "fw")
    assert rules(cut)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('<entry name="srv">\n<ip-netmask>10.1.0.5</ip-netmask>\n</entry>', "address"),
        ('<entry name="g">\n<static><member>srv</member></static>\n</entry>', "address-group"),
        ('<entry name="s">\n<protocol><tcp><port>443</port></tcp></protocol>\n</entry>', "service"),
        ('<entry name="trust">\n<network><layer3><member>ethernet1/1</member></layer3></network>\n</entry>', "zone"),
    ],
)
def test_objects_by_the_words_of_their_table(text: str, place: str) -> None:
    said = " ".join(entry.reason for entry in panos(source(ANSWER.format(text + "\n")), "fw").account.not_understood)
    assert "is not known here" not in said, place


@pytest.mark.parametrize(
    "text",
    [
        '<entry name="x">\n<from><member>any</member></from>\n</entry>\n',
        f"<rules>\n{RULE}{NAT}</rules>\n",
        '<entry name="x">\n<description>a</description>\n</entry>\n',
    ],
)
def test_what_may_be_of_several_tables_is_said(text: str) -> None:
    parsed = panos(source(ANSWER.format(text)), "fw")
    assert any("is not known here" in entry.reason for entry in parsed.account.not_understood)


PAIR = """\
from-zone a to-zone b {
    policy web {
        match {
            source-address any;
            destination-address any;
            application any;
        }
        then {
            permit;
        }
    }
}
"""
ZONES = "security-zone a {\n    interfaces {\n        ge-0/0/0.0;\n    }\n}\nsecurity-zone b {\n    interfaces {\n" + (
    "        ge-0/0/1.0;\n    }\n}\n"
)


def within(words: str, text: str) -> str:
    for word in reversed(words.split()):
        text = f"{word} {{\n{textwrap.indent(text, '    ')}}}\n"
    return text


PORTS = "".join(
    within(f"ge-0/0/{n}", f"unit 0 {{\n    family inet {{\n        address 10.{n}.0.1/24;\n    }}\n}}\n")
    for n in (0, 1)
)


def passes(device: Device) -> str:
    return Runs("default").goes(device, "ge-0/0/0.0", "10.0.0.5 > 10.1.0.5 tcp/80")


SESSION = "user@srx# edit security policies\n\n[edit security policies]\nuser@srx# show\n{}\n[edit security policies]\n"


@pytest.mark.parametrize(
    "pair",
    [
        PAIR,
        within("policies", PAIR),
        within("security policies", PAIR),
        "[edit security policies]\n" + PAIR + "[edit]\n",
        SESSION.format(PAIR) + "user@srx# top\n\n[edit]\n",
    ],
)
@pytest.mark.parametrize("zones", [ZONES, within("zones", ZONES), within("security zones", ZONES)])
@pytest.mark.parametrize("ports", [PORTS, within("interfaces", PORTS)])
def test_the_same_policy_at_every_depth(pair: str, zones: str, ports: str) -> None:
    given = source(ports + zones + pair)
    parsed = junos(given, "srx")
    assert not [e for e in parsed.account.not_understood if e.span.first]
    assert passes(parsed.devices[0]) == "ge-0/0/1.0"


@pytest.mark.parametrize(
    "text",
    [
        within("policies", PAIR), "address-book {\n    global {\n        address srv 10.1.0.5/32;\n    }\n}\n",
        "rule-set web {\n    from zone untrust;\n    rule 1 {\n        match {\n            source-address 0.0.0.0/0;\n"
        "        }\n    }\n}\n", PAIR,
    ],
)  # fmt: skip
def test_an_inner_part_is_recognised(text: str) -> None:
    assert detect(source(text)).name == "junos"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policy lost {\n    match {\n        source-address any;\n    }\n}\n", "policy lost {"),
        ("rule-set web {\n    from zone untrust;\n}\n", "rule-set web {"),
        ("address-book {\n    address srv 10.1.0.5/32;\n}\n", "address-book {"),
        ("family inet {\n    filter {\n        input f;\n    }\n}\n", "family inet {"),
        ("policies {\n    frobnicate;\n}\n", "policies {"),
    ],
)
def test_what_may_stand_in_several_places_stays_open(text: str, said: str) -> None:
    (device,) = junos(source(PORTS + text), "srx").devices
    assert said in [entry.text for entry in device.uncertain]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("application https-alt {\n    protocol tcp;\n    destination-port 8443;\n}\n", "applications"),
        ("static {\n    route 0.0.0.0/0 next-hop 10.1.0.9;\n}\n", "routing-options"),
        (within("family inet", "filter f {\n    term 1 {\n        then discard;\n    }\n}\n"), "firewall"),
        ("prefix-list mgmt {\n    10.9.0.0/24;\n}\n", "policy-options"),
        ("nat {\n    source {\n        pool p {\n            address {\n                192.0.2.1/32;\n            }\n"
         "        }\n    }\n}\n", "security"),
    ],
)  # fmt: skip
def test_the_same_account_with_and_without_what_is_around_it(text: str, path: str) -> None:
    bare, framed = junos(source(PORTS + text), "r"), junos(source(PORTS + within(path, text)), "r")
    assert [e.reason for e in bare.account.not_understood] == [e.reason for e in framed.account.not_understood]
    assert len(bare.devices[0].vrfs[0].routes) == len(framed.devices[0].vrfs[0].routes)
