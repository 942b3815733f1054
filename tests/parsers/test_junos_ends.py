"""Words behind statements that end there (Junos OS CLI reference), and statements that go on.

Each line of ``LEGAL`` is a form of the reference's page on its last keyword, or of a published configuration.
"""

from __future__ import annotations

import pytest

from tests.parsers.junos_run import read
from zoneguard.model.device import Concern

ADDRESS = "set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24"
LEGAL = [
    "set routing-options aggregate route 192.0.2.0/24 policy KITA",
    "set routing-options generate route 192.0.2.0/24 tag 3",
    "set routing-instances kita routing-options aggregate route 192.0.2.0/24 active",
    "set routing-options rib-groups kita import-rib [ inet.0 kita.inet.0 ]",
    "set policy-options policy-statement P term 1 from route-filter 192.0.2.0/24 exact accept",
    "set policy-options policy-statement P term 1 from route-filter 192.0.2.0/24 upto /28",
    "set policy-options policy-statement P from instance kita",
    "set interfaces ge-0/0/1 gigether-options 802.3ad ae0",
    "set interfaces interface-range kita member-range ge-0/0/1 to ge-0/0/3",
    "set interfaces ge-0/0/1 unit 10 vlan-tags outer 100 inner 10",
    f"{ADDRESS} vrrp-group 1 preempt hold-time 20",
    f"{ADDRESS} arp 192.0.2.9 mac 02:00:00:00:00:09",
    "set security address-book kita attach zone trust",
    "set security nat source pool P port range 2000 to 3000",
    "set firewall family inet filter F term 1 from source-address 192.0.2.1/32 except",
    "set applications application a term t1 protocol tcp source-port 1024-65535 destination-port 80",
]
ILLEGAL = [
    ("set routing-options rib-groups kita import-rib inet.0 sideways", Concern.ROUTING),
    ("set policy-options policy-statement P term 1 from route-filter 192.0.2.0/24 exact sideways", Concern.ROUTING),
    ("set policy-options policy-statement P then accept sideways", Concern.ROUTING),
    ("set interfaces ge-0/0/1 unit 10 vlan-tags outer 100 inner 10 sideways", Concern.INTERFACE),
    (f"{ADDRESS} vrrp-group 1 virtual-address 192.0.2.3 sideways", Concern.INTERFACE),
    ("set interfaces interface-range kita member ge-0/0/1 sideways", Concern.INTERFACE),
    ("set security address-book kita attach zone trust sideways", Concern.FILTER),
    ("set security nat source pool P port no-translation sideways", Concern.FILTER),
    ("set firewall family inet filter F term 1 from source-address 192.0.2.1/32 except sideways", Concern.FILTER),
    ("set applications application a term t1 protocol tcp destination-port 80 sideways", Concern.FILTER),
]


def named(text: str) -> list[Concern]:
    """What each line concerns of which it is said that a word is not known."""
    told = read(f"{ADDRESS}\n{text}").account.not_understood
    return [m.concern for m in told if m.reason.startswith("not known in this command")]


@pytest.mark.parametrize("text", LEGAL)
def test_forms_of_the_reference_are_whole(text: str) -> None:
    assert not named(text)


@pytest.mark.parametrize(("text", "concern"), ILLEGAL)
def test_a_word_that_cannot_follow_is_said(text: str, concern: Concern) -> None:
    assert named(text) == [concern]
    system = text.replace("set ", "set logical-systems minami ", 1)
    assert named(system) == [concern]


@pytest.mark.parametrize("above", ["", "routing-instances kita "])
def test_a_route_that_is_open_at_its_first_line_is_whole_at_the_next(above: str) -> None:
    route = f"set {above}routing-options aggregate route 192.0.2.0/24"
    assert named(f"{route} discard\n{route} active sideways") == [Concern.ROUTING]
    assert not named(f"{route} discard\n{route} active")


def test_what_is_switched_off_says_nothing() -> None:
    line = "policy-options policy-statement P then accept"
    assert not named(f"set {line} sideways\ndeactivate {line}")
