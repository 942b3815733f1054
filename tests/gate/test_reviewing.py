"""How permits are used, and tighter rules that lose none of what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.packet import Packet

from tests.checks.town import Town, attempt, exchange, session
from zoneguard.audit import examine
from zoneguard.gate import _sessions
from zoneguard.gate._sessions import seen_sessions
from zoneguard.gate._tightening import covering
from zoneguard.gate.reviewing import Review, Usage, Use, review
from zoneguard.loading.project import load_project
from zoneguard.model.addresses import V6, format_addresses, parse_prefix
from zoneguard.model.intervals import Intervals

WEB = "-A FORWARD -s 10.20.0.0/24 -d 10.30.0.0/24 -p tcp -m tcp --dport 1:1024 -j ACCEPT"
DNS = "-A FORWARD -s 10.20.0.0/24 -d 10.30.0.53/32 -p udp -m udp --dport 53 -j ACCEPT"


def reviewed(root: Path, rules: list[str], captures: dict[str, list[Packet]], nat: list[str] | None = None) -> Review:
    Town(root, rules, nat or [], captures=captures).audit()
    case, _ = examine(load_project(root, None))
    found = review(case)
    for usage in (u for device in found.devices for u in device.usages if u.proposal):
        assert usage.proposal
        lines = {c: c.path for c in case.possible if any(usage.span in hop.lines for hop in c.path)}
        whole = case.space.union(*(case.view(crossing) for crossing in lines))
        assert whole & seen_sessions(case).packets <= usage.proposal.packets <= whole
    return found


def usages(found: Review) -> dict[int, Usage]:
    return {usage.span.first: usage for device in found.devices for usage in device.usages}


def test_a_permit_is_used_where_an_answer_was_seen(tmp_path: Path) -> None:
    packets = [*session("10.20.0.5", "10.30.0.9", 443), *attempt("10.20.0.6", "10.30.0.53", 53)]
    found = usages(reviewed(tmp_path, [WEB, DNS], {"lgwan": packets}))
    assert (found[8].use, found[9].use) == (Use.USED, Use.UNUSED)
    assert found[9].proposal is None


def test_where_sessions_were_left_out_a_rule_that_seems_unused_is_undetermined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sessions, "MOST", 2)
    packets = [p for host in range(5, 9) for p in session(f"10.20.0.{host}", "10.30.0.9", 443)]
    packets += [*session("10.20.0.5", "10.20.0.6", 443), *exchange("10.20.0.5", "10.20.0.53", 53)]
    result = reviewed(tmp_path, [WEB, DNS], {"lgwan": packets})
    found = usages(result)
    assert (result.left_out, result.undetermined) == (2, True)
    assert (found[8].use, found[8].proposal, found[9].use) == (Use.USED, None, Use.UNDETERMINED)


def test_what_no_rule_lets_pass_takes_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sessions, "MOST", 1)
    within = [p for host in range(6, 20) for p in session("10.20.0.5", f"10.20.0.{host}", 443)]
    result = reviewed(tmp_path, [WEB, DNS], {"lgwan": [*within, *session("10.20.0.5", "10.30.0.9", 443)]})
    assert result.left_out == 0
    assert (usages(result)[8].use, usages(result)[9].use) == (Use.USED, Use.UNUSED)


def test_where_no_capture_was_taken_nothing_is_said_of_use(tmp_path: Path) -> None:
    found = usages(reviewed(tmp_path, [WEB], {"mynumber": exchange("10.10.0.5", "10.10.0.9", 53)}))
    assert found[8].use is Use.UNSEEN


def test_without_captures_only_the_lists_are_reviewed(tmp_path: Path) -> None:
    found = reviewed(tmp_path, [WEB, WEB], {})
    assert not usages(found)
    assert found.captures == 0
    assert [a.span.first for a in found.devices[0].analysis.to_mend()] == [9]


def test_the_proposal_names_the_hosts_and_services_that_were_seen(tmp_path: Path) -> None:
    packets = [*session("10.20.0.5", "10.30.0.9", 443), *session("10.20.0.6", "10.30.0.9", 80)]
    proposal = usages(reviewed(tmp_path, [WEB], {"lgwan": packets}))[8].proposal
    assert proposal is not None
    assert format_addresses(proposal.sources) == ["10.20.0.5-10.20.0.6"]
    assert format_addresses(proposal.destinations) == ["10.30.0.9"]
    assert [(s.protocol, s.values) for s in proposal.services] == [(6, Intervals.of(80, 443))]
    assert proposal.hosts == (2, 1)


def test_a_rule_as_tight_as_its_traffic_has_no_proposal(tmp_path: Path) -> None:
    rule = "-A FORWARD -s 10.20.0.5/32 -d 10.30.0.9/32 -p tcp -m tcp --dport 443 -j ACCEPT"
    assert usages(reviewed(tmp_path, [rule], {"lgwan": session("10.20.0.5", "10.30.0.9", 443)}))[8].proposal is None


def test_nobody_lists_the_internet(tmp_path: Path) -> None:
    rule = "-A FORWARD -s 10.30.0.0/24 -o eth4 -p tcp -m tcp --dport 443 -j ACCEPT"
    proposal = usages(reviewed(tmp_path, [rule], {"internet": session("10.30.0.9", "192.0.2.80", 443)}))[8].proposal
    assert proposal is not None
    assert parse_prefix("192.0.2.0/24") <= proposal.destinations
    assert format_addresses(proposal.sources) == ["10.30.0.9"]


SNAT = ["-A POSTROUTING -s 10.20.0.0/24 -o eth2 -j SNAT --to-source 10.30.0.1"]


def test_sessions_seen_before_and_after_translation_are_the_same(tmp_path: Path) -> None:
    captures = {"lgwan": session("10.20.0.5", "10.30.0.9", 443), "internet": session("10.30.0.1", "10.30.0.9", 443)}
    usage = usages(reviewed(tmp_path, [WEB], captures, SNAT))[9]
    assert usage.use is Use.USED
    assert usage.proposal is not None


@pytest.mark.parametrize("direct", [[], session("10.20.0.5", "10.30.0.9", 443)])
def test_what_was_seen_only_after_translation_forbids_a_proposal(tmp_path: Path, direct: list[Packet]) -> None:
    captures = {"lgwan": direct, "internet": session("10.30.0.1", "10.30.0.7", 80)}
    usage = usages(reviewed(tmp_path, [WEB], {k: v for k, v in captures.items() if v}, SNAT))[9]
    assert usage.use is Use.USED
    assert usage.proposal is None


_v4 = st.integers(0, 1 << 12).map(lambda n: (10 << 24) + n * 37)
_v6 = st.integers(0, 1 << 12).map(lambda n: V6 + (0xFD00 << 112) + n * 1009)


@given(addresses=st.sets(st.one_of(_v4, _v6), max_size=60), more=st.booleans())
def test_prefixes_cover_all_and_are_few(addresses: set[int], more: bool) -> None:
    given_ = Intervals.of(*addresses) | (Intervals.span(20 << 24, (20 << 24) + 700) if more else Intervals())
    covered = covering(given_)
    assert given_ <= covered
    prefixes = [text for text in format_addresses(covered) if "-" not in text]
    assert len(prefixes) <= 16
    if len(addresses) <= 8 and not more:
        assert covered == given_


def test_the_whole_address_space_is_covered_by_itself() -> None:
    everything = parse_prefix("0.0.0.0/0")
    assert covering(everything) == everything
