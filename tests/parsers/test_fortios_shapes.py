"""What settings may hold: a word too much or a number out of range is said with its line."""

from __future__ import annotations

import pytest

from zoneguard.model.device import Concern
from zoneguard.parsers import Source
from zoneguard.parsers.fortios import PLUGIN

CONFIG = """config system interface
edit "port1"
set ip 10.1.0.1 255.255.0.0
set status up
next
edit "port2"
set interface "port1"
set vlanid 20
next
end
config system zone
edit "Z"
set interface "port1"
next
end
config firewall address
edit "a"
set subnet 10.1.0.0 255.255.0.0
next
end
config firewall service custom
edit "s"
set tcp-portrange 80 443-444:1024-65535
next
end
config router static
edit 1
set dst 10.9.0.0 255.255.0.0
set gateway 10.1.0.9
set distance 10
next
end
config firewall policy
edit 1
set srcintf "any"
set dstintf "Z"
set srcaddr "a"
set dstaddr "a"
set action accept
set service "s"
next
end""".splitlines()


def said(lines: list[str]) -> dict[int, Concern]:
    account = PLUGIN.parse(Source("f", tuple(lines)), "fw").account
    return {m.span.first: m.concern for m in account.not_understood}


def test_a_whole_configuration_is_understood() -> None:
    assert not said(CONFIG)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("set ip 10.1.0.1 255.255.0.0", "set ip 10.1.0.1 255.255.0.0 secondary"),
        ("set ip 10.1.0.1 255.255.0.0", "set ip 10.1.0.999 255.255.0.0"),
        ("set status up", "set status up down"),
        ("set status up", "set status enabled"),
        ("set vlanid 20", "set vlanid 4095"),
        ('set interface "port1"', 'set interface "port1" "port9"'),
        ("set subnet 10.1.0.0 255.255.0.0", "set subnet 10.1.0.0 255.255.0.0 10.2.0.0"),
        ("set subnet 10.1.0.0 255.255.0.0", "set subnet 10.1.0.0/33"),
        ("set tcp-portrange 80 443-444:1024-65535", "set tcp-portrange 80 65536"),
        ("set gateway 10.1.0.9", "set gateway 10.1.0.9 10.1.0.8"),
        ("set distance 10", "set distance 0"),
        ("set action accept", "set action accept deny"),
        ('set srcintf "any"', 'set srcintf "any" "nowhere"'),
        ('edit "a"', 'edit "a" "b"'),
        ("next", "next one"),
        ("end", "end of it"),
    ],
)
def test_what_cannot_be_is_said(old: str, new: str) -> None:
    at = CONFIG.index(old)
    found = said([*CONFIG[:at], new, *CONFIG[at + 1 :]])
    assert found
    assert Concern.OTHER not in found.values()


def test_an_interface_of_a_zone_that_is_not_defined_is_said() -> None:
    at = CONFIG.index('edit "Z"')
    found = said([*CONFIG[: at + 1], 'set interface "port1" "port7"', *CONFIG[at + 2 :]])
    assert found == {at + 1: Concern.INTERFACE}
