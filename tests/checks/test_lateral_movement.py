"""ZG207: sweeps and chains, and hosts of which they are expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.packet import Packet

from tests.checks.town import Town, attempt, session
from zoneguard.model.policy import Verdict


def sweep(count: int, answered: int = 0, net: str = "10.20.0.") -> list[Packet]:
    return [
        packet
        for n in range(count)
        for packet in (session if n < answered else attempt)("10.20.0.5", f"{net}{100 + n}", 445)
    ]


def aspects(tmp_path: Path, packets: list[Packet], hosts: tuple[str, ...] = ()) -> list[str]:
    town = Town(tmp_path, captures={"lgwan": packets}, hosts=hosts)
    return [f.aspect for f in town.findings("ZG207")]


def test_many_hosts_that_do_not_answer_are_a_sweep(tmp_path: Path) -> None:
    assert aspects(tmp_path, sweep(20)) == ["inward"]
    assert aspects(tmp_path, sweep(20, net="198.51.100.")) == ["outward"]


@pytest.mark.parametrize("packets", [sweep(19), sweep(20, answered=11)])
def test_few_hosts_or_hosts_that_answer_are_none(tmp_path: Path, packets: list[Packet]) -> None:
    assert not aspects(tmp_path, packets)


def test_a_declared_scanner_may_sweep(tmp_path: Path) -> None:
    assert not aspects(tmp_path, sweep(20), ("probe: {addresses: [10.20.0.5], roles: scanner}",))


CHAIN = [*session("10.20.0.5", "10.20.0.6", 3389), *session("10.20.0.6", "10.20.0.7", 445)]


def test_a_terminal_that_was_entered_and_goes_on_is_a_chain(tmp_path: Path) -> None:
    assert aspects(tmp_path, CHAIN) == ["chain"]


@pytest.mark.parametrize("role", ["server", "jump-host", "scanner"])
def test_a_server_may_be_entered_and_go_on(tmp_path: Path, role: str) -> None:
    hosts = (f"middle: {{addresses: [10.20.0.6], roles: [{role}]}}",)
    assert not aspects(tmp_path, CHAIN, hosts)


def test_going_back_or_in_the_other_order_is_none(tmp_path: Path) -> None:
    back = [*session("10.20.0.5", "10.20.0.6", 3389), *session("10.20.0.6", "10.20.0.5", 445)]
    earlier = [*session("10.20.0.6", "10.20.0.7", 445), *session("10.20.0.5", "10.20.0.6", 3389)]
    assert not aspects(tmp_path, back)
    assert not aspects(tmp_path, earlier)


def test_terminals_do_not_enter_each_other(tmp_path: Path) -> None:
    hosts = ("pcs: {addresses: [10.20.0.16/28], roles: [terminal]}", "files: {addresses: [10.20.0.5], roles: [server]}")

    def said(dst: str, port: int, hosts: tuple[str, ...] = hosts) -> list[str]:
        town = Town(tmp_path, hosts=hosts, captures={"lgwan": session("10.20.0.17", dst, port)})
        return [f.aspect for f in town.findings("ZG207")]

    assert said("10.20.0.18", 445) == ["peer"]
    assert said("10.20.0.18", 3389) == ["peer"]
    assert not said("10.20.0.5", 445)
    assert not said("10.20.0.18", 443)
    assert not said("10.20.0.18", 445, hosts=())


def test_who_uses_the_screen_transfer_is_a_terminal(tmp_path: Path) -> None:
    watching = [*session("10.20.0.17", "10.30.0.50", 8443), *session("10.20.0.18", "10.30.0.50", 8443)]

    def said(*packets: Packet, hosts: tuple[str, ...] = ()) -> list[str]:
        town = Town(tmp_path, hosts=hosts, captures={"lgwan": [*watching, *packets]})
        return [f.aspect for f in town.findings("ZG207")]

    assert said(*session("10.20.0.17", "10.20.0.18", 445)) == ["peer"]
    assert not said(*session("10.20.0.17", "10.20.0.19", 445))
    server = ("files: {addresses: [10.20.0.18], roles: [server]}",)
    assert not said(*session("10.20.0.17", "10.20.0.18", 445), hosts=server)


def test_a_session_to_a_host_of_which_nobody_says_what_it_is_for_is_no_all_clear(tmp_path: Path) -> None:
    def verdict(*packets: Packet, hosts: tuple[str, ...] = ()) -> Verdict:
        town = Town(tmp_path, hosts=hosts, captures={"lgwan": list(packets)}, profile="setagaya")
        return next(c.verdict for c in town.audit().clauses if c.clause == "setagaya:6(3)③")

    share = session("10.20.0.17", "10.20.0.18", 445)
    assert verdict(*session("10.20.0.17", "10.20.0.18", 443)) is Verdict.CONFORMS
    assert verdict(*share) is Verdict.UNDETERMINED
    assert verdict(*share, hosts=("files: {addresses: [10.20.0.18], roles: [server]}",)) is Verdict.CONFORMS
    assert verdict(*share, hosts=("admin: {addresses: [10.20.0.17], roles: [scanner]}",)) is Verdict.CONFORMS
    assert verdict(*share, hosts=("pcs: {addresses: [10.20.0.16/29], roles: [terminal]}",)) is Verdict.VIOLATES


def test_a_chain_may_begin_outside(tmp_path: Path) -> None:
    """A host outside is not expected to spread, and is where most chains begin; what it does alone is no chain."""
    entered = [*session("198.51.100.7", "10.20.0.6", 3389), *session("10.20.0.6", "10.20.0.7", 445)]
    assert aspects(tmp_path, entered) == ["chain"]
    assert not aspects(tmp_path, entered[:8])
