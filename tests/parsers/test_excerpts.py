"""What people paste: access lists and policies without the rest of a configuration, of every vendor.

Each is recognised, or the error names the formats; never is it read as a device that lets everything pass.
"""

from __future__ import annotations

import pytest

from zoneguard.model.device import Device
from zoneguard.parsers import Source
from zoneguard.parsers.reading import detect

EXCERPTS = {
    "cisco-ios": [
        "ip access-list extended GAIBU\n permit tcp any host 192.0.2.9 eq www\n deny ip any any log\n",
        "access-list 101 permit tcp any host 192.0.2.9 eq 443\naccess-list 101 deny ip any any\n",
    ],
    "cisco-nxos": [
        "ip access-list GAIBU\n  10 permit tcp 192.0.2.0/24 any eq www\n  20 deny ip any any log\n",
        "ip access-list GAIBU\n  statistics per-entry\n  10 permit tcp any any eq www\n  20 deny ip any any\n",
    ],
    "cisco-asa": ["access-list GAIBU extended permit tcp any host 192.0.2.9 eq https\n"],
    "awplus": [
        "access-list 3000 permit ip 192.0.2.0/24 any\naccess-list 3001 deny ip any any\n",
        "access-list hardware gaibu\n permit tcp any 192.0.2.9/32 eq 80\n deny ip any any\n",
        "zone gaibu\n network all\n  ip subnet 0.0.0.0/0\nfirewall\n rule 10 permit any from gaibu to gaibu\n",
    ],
    "nec-ix": ["ip access-list gaibu permit udp src any sport any dest any dport eq 500\n"],
    "yamaha": ["ip filter 1 pass * 192.0.2.9 tcp * www\nip filter 2 reject * * * * *\n"],
    "fortios": [
        'config firewall policy\n    edit 1\n        set srcaddr "all"\n        set action accept\n    next\nend\n'
    ],
    "junos": ["set security policies from-zone soto to-zone naka policy web match source-address any\n"],
    "panos": ["set rulebase security rules web from soto\nset rulebase security rules web action allow\n"],
    "iptables": ["-A FORWARD -s 192.0.2.0/24 -p tcp -m tcp --dport 80 -j ACCEPT\n-A FORWARD -j DROP\n"],
}


def device(text: str, name: str) -> Device:
    source = Source("excerpt.txt", tuple(text.splitlines()))
    parser = detect(source)
    assert parser.name == name
    return parser.parse(source, "r1").devices[0]


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in EXCERPTS.items() for text in texts])
def test_an_excerpt_is_recognised_and_known_to_be_one(name: str, text: str) -> None:
    found = device(text, name)
    if name != "iptables":  # a Linux box takes its interfaces from another file
        assert any("part of a configuration" in doubt.reason for doubt in found.uncertain)
