"""ZG125: answers that come back another way, in a town of two Linux firewalls between the same two networks.

Both firewalls stand between the LGWAN zone (10.20.0.0/24) and a transit net (10.99.0.0/24) behind which ``gw`` has the
Internet zone (10.30.0.0/24). Sessions from the LGWAN zone go by ``fw-a``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.findings import Finding

PROJECT = """\
zoneguard: 1
profile: [mikasa]
zones:
  lgwan: {class: lgwan, prefixes: [10.20.0.0/24]}
  internet: {class: internet, prefixes: [10.30.0.0/24]}
  transit: {class: other, prefixes: [10.99.0.0/24]}
  other: {class: other, prefixes: [10.98.0.0/24]}
devices:
  fw-a: {config: open.rules, format: iptables, routes: fw-a.routes}
  fw-b: {config: open.rules, format: iptables, routes: fw-b.routes}
  gw: {config: open.rules, format: iptables, routes: gw.routes}
"""
RULES = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A FORWARD -s 10.20.0.0/24 -p tcp -j ACCEPT\nCOMMIT\n"
FW_A = """\
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1
10.99.0.0/24 dev eth1 proto kernel scope link src 10.99.0.1
10.30.0.0/24 via 10.99.0.3 dev eth1
"""
FW_B = """\
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.2
10.98.0.0/24 dev eth1 proto kernel scope link src 10.98.0.2
"""
GW = """\
10.30.0.0/24 dev eth0 proto kernel scope link src 10.30.0.1
10.99.0.0/24 dev eth1 proto kernel scope link src 10.99.0.3
10.98.0.0/24 dev eth2 proto kernel scope link src 10.98.0.3
"""


def found(root: Path, back: str, rules: str = RULES) -> list[Finding]:
    texts = {"open.rules": rules, "fw-a.routes": FW_A, "fw-b.routes": FW_B, "gw.routes": GW + back}
    for name, text in {**texts, "zoneguard.yaml": PROJECT}.items():
        (root / name).write_text(text)
    return [f for f in run(load_project(root, None)).findings if f.check == "ZG125"]


def test_the_same_way_back_is_quiet(tmp_path: Path) -> None:
    assert not found(tmp_path, "10.20.0.0/24 via 10.99.0.1 dev eth1\n")


def test_another_way_back_is_found_where_it_parts(tmp_path: Path) -> None:
    (path,) = [f for f in found(tmp_path, "10.20.0.0/24 via 10.98.0.2 dev eth2\n") if f.zones == ("lgwan", "internet")]
    assert "gw.routes:4" in [str(e) for e in path.evidence]
    assert {"gw", "eth1", "eth2"} <= {str(value) for _, value in path.message.args}
    assert path.clauses == ("mikasa:67(1)",)


@pytest.mark.parametrize("back", ["10.20.0.0/24 nexthop via 10.99.0.1 dev eth1 nexthop via 10.98.0.2 dev eth2\n", ""])
def test_a_shared_way_back_and_none_at_all_are_quiet(tmp_path: Path, back: str) -> None:
    assert not found(tmp_path, back)


def test_what_a_firewall_translated_comes_back_to_it(tmp_path: Path) -> None:
    nat = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth1 -j MASQUERADE\nCOMMIT\n"
    assert not found(tmp_path, "10.20.0.0/24 via 10.98.0.2 dev eth2\n", nat + RULES)
