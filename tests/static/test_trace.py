"""One packet from context to context: where it ends, by which lines, and what is said where that is not known."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.static.generators import SPAN
from zoneguard.model.addresses import parse_address, prefix_of
from zoneguard.model.device import (
    Concern,
    Deny,
    Device,
    EgressAddress,
    Filter,
    Interface,
    InterfaceAddress,
    Misunderstood,
    NatRule,
    Permit,
    Return,
    Route,
    RouteKind,
    Routing,
    Rule,
    RuleList,
    SetField,
    SetTo,
    Stage,
    Translate,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ALWAYS,
    All,
    ConnState,
    Field,
    In,
    Ingress,
    Match,
    Unknown,
)
from zoneguard.model.packet import Packet
from zoneguard.model.project import Link
from zoneguard.model.spans import SourceSpan
from zoneguard.static.trace import Disposition, Entry, entries, to_json, trace_packet

A = parse_address
CLOSED = Deny()
WEB = Packet(A("10.0.1.5"), A("10.0.2.5"), 6, 40000, 80, flags=2)


def at(file: str, line: int) -> SourceSpan:
    return SourceSpan(file, line, line)


def port(name: str, *addresses: str, enabled: bool = True) -> Interface:
    made = (InterfaceAddress(A(a.split("/")[0]), int(a.split("/")[1])) for a in addresses)
    return Interface(name, SPAN, tuple(made), enabled)


def route(
    prefix: str, next_hop: str = "", interface: str = "", line: int = 50, file: str = "fw", **more: object
) -> Route:
    made = Route(*prefix_of(prefix), at(file, line), interface=interface)
    return replace(made, next_hop=A(next_hop) if next_hop else None, **more)  # type: ignore[arg-type]


def box(
    name: str,
    ports: tuple[Interface, ...],
    *routes: Route,
    stages: tuple[Stage, ...] = (Routing(),),
    local: tuple[Stage, ...] = (),
    **more: object,
) -> Device:
    vrf = Vrf("main", frozenset(p.name for p in ports), routes, stages, local=local)
    return replace(Device(name, "test", ports, (vrf,), SourceSpan(name, 1, 99)), **more)  # type: ignore[arg-type]


def acl(*rules: Rule | NatRule, default: Permit | Deny | Return = CLOSED, line: int = 90) -> RuleList:
    return RuleList("acl", rules, default, at("fw", line))


def permit(match: Match, line: int, name: str = "") -> Rule:
    return Rule(match, Permit(), at("fw", line), name)


def deny(match: Match, line: int, reject: bool = False) -> Rule:
    return Rule(match, Deny(reject), at("fw", line))


LEFT, RIGHT = port("left", "10.0.1.1/24"), port("right", "10.0.2.1/24")
HTTP, SSH = In(Field.DPORT, Intervals.of(80)), In(Field.DPORT, Intervals.of(22))
ENTRY = Entry("fw", "main", "left")


def gate(*rules: Rule, stateful: bool = False, default: Permit | Deny = CLOSED) -> Device:
    """``fw`` between 10.0.1.0/24 and 10.0.2.0/24 with one filter after routing."""
    return box("fw", (LEFT, RIGHT), stages=(Routing(), Filter(acl(*rules, default=default), stateful=stateful)))


def test_a_permitted_packet_is_delivered_with_the_line_that_permits() -> None:
    trace = trace_packet([gate(permit(SSH, 10), permit(HTTP, 11, "web"))], WEB)
    assert trace.disposition is Disposition.DELIVERED
    (hop,) = trace.hops
    assert (hop.device, hop.context, hop.ingress, hop.egress, hop.action) == ("fw", "main", "left", "right", "deliver")
    assert (hop.deciding.span, hop.deciding.name) == (at("fw", 11), "web")
    assert trace.entry == ENTRY
    assert trace.arrived == WEB


@pytest.mark.parametrize(("reject", "action"), [(False, "deny"), (True, "reject")])
def test_a_denied_packet_names_the_rule(reject: bool, action: str) -> None:
    trace = trace_packet([gate(deny(HTTP, 12, reject), permit(ALWAYS, 13))], WEB)
    assert (trace.disposition, trace.hops[0].action) == (Disposition.DENIED, action)
    assert trace.hops[0].deciding.span == at("fw", 12)
    assert trace.hops[0].egress == "right"
    assert "fw:12" in str(trace.reason)


def test_the_default_denies_where_no_rule_permits() -> None:
    trace = trace_packet([gate(permit(SSH, 10))], WEB)
    assert (trace.disposition, trace.hops[0].deciding.kind) == (Disposition.DENIED, "default")


def test_a_stateful_filter_passes_what_belongs_to_a_session() -> None:
    for state in (ConnState.ESTABLISHED, ConnState.RELATED):
        reply = replace(WEB, state=state)
        assert trace_packet([gate(stateful=True)], reply).disposition is Disposition.DELIVERED
        assert trace_packet([gate()], reply).disposition is Disposition.DENIED
    assert trace_packet([gate(stateful=True)], replace(WEB, state=ConnState.INVALID)).disposition is Disposition.DENIED


def test_filters_apply_by_interface() -> None:
    closed = acl()
    for stage, applies in (
        (Filter(closed, ingress=frozenset({"left"})), True),
        (Filter(closed, ingress=frozenset({"right"})), False),
        (Filter(closed, egress=frozenset({"right"})), True),
        (Filter(closed, ingress=frozenset({"left"}), egress=frozenset({"left"})), False),
    ):
        trace = trace_packet([box("fw", (LEFT, RIGHT), stages=(Routing(), stage))], WEB)
        assert (trace.disposition is Disposition.DENIED) is applies


def test_mac_and_flags_are_asked() -> None:
    mac = In(Field.MAC, Intervals.of(0x020000000001))
    fw = gate(permit(All((mac, In(Field.FLAGS, Intervals.of(2)))), 10))
    assert trace_packet([fw], replace(WEB, mac=0x020000000001)).disposition is Disposition.DELIVERED
    assert trace_packet([fw], replace(WEB, mac=0x020000000002)).disposition is Disposition.DENIED
    assert trace_packet([fw], replace(WEB, mac=0x020000000001, flags=16)).disposition is Disposition.DENIED
    open_mac = trace_packet([fw], WEB, unspecified=frozenset({Field.MAC}))
    assert open_mac.disposition is Disposition.UNDETERMINED
    assert "mac" in str(open_mac.reason)


def test_a_packet_to_the_device_itself_is_filtered_by_its_local_stages() -> None:
    to_me = replace(WEB, dst=A("10.0.2.1"), dport=22)
    closed = Filter(acl(permit(HTTP, 20)))
    fw = box("fw", (LEFT, RIGHT), stages=(Routing(), Filter(acl())), local=(closed,))
    assert trace_packet([fw], to_me).disposition is Disposition.DENIED
    trace = trace_packet([fw], replace(to_me, dport=80))
    assert (trace.disposition, trace.hops[-1].action) == (Disposition.DELIVERED, "local")
    assert trace.hops[-1].deciding.span == at("fw", 20)


def test_no_route_and_blackhole_and_a_box_that_does_not_forward() -> None:
    away = replace(WEB, dst=A("172.16.0.1"))
    lost = trace_packet([gate()], away)
    assert (lost.disposition, lost.hops[0].action) == (Disposition.NO_ROUTE, "no-route")
    hole = box("fw", (LEFT, RIGHT), route("172.16.0.0/12", line=51, kind=RouteKind.BLACKHOLE))
    discarded = trace_packet([hole], away)
    assert (discarded.disposition, discarded.hops[0].action) == (Disposition.DENIED, "blackhole")
    assert discarded.hops[0].deciding.span == at("fw", 51)
    host = box("fw", (LEFT, RIGHT))
    host = replace(host, vrfs=(replace(host.vrfs[0], forwards=False),))
    assert trace_packet([host], WEB).disposition is Disposition.DENIED


def test_a_route_that_is_down_is_named() -> None:
    fw = box("fw", (LEFT, port("right", "10.0.2.1/24", enabled=False)), route("172.16.0.0/12", "10.0.2.2", line=52))
    trace = trace_packet([fw], replace(WEB, dst=A("172.16.0.1")))
    assert (trace.disposition, trace.hops[0].deciding.span) == (Disposition.NO_ROUTE, at("fw", 52))


def test_nothing_comes_in_by_an_interface_that_is_disabled() -> None:
    fw = box("fw", (port("left", "10.0.1.1/24", enabled=False), RIGHT))
    trace = trace_packet([fw], WEB, entry=ENTRY)
    assert trace.disposition is Disposition.DENIED


@pytest.mark.parametrize("to", ["224.0.0.5", "255.255.255.255"])
def test_multicast_and_broadcast_are_not_claimed_to_be_known(to: str) -> None:
    fw = box("fw", (LEFT, RIGHT), route("0.0.0.0/0", "10.0.2.9"))
    assert trace_packet([fw], replace(WEB, dst=A(to))).disposition is Disposition.UNDETERMINED


def test_translation_of_the_destination_comes_before_routing_and_of_the_source_after() -> None:
    dnat = NatRule(
        HTTP, at("fw", 30), (SetTo(Field.DST, Intervals.of(A("10.0.2.80"))), SetTo(Field.DPORT, Intervals.of(8080)))
    )
    snat = NatRule(ALWAYS, at("fw", 31), (EgressAddress(),))
    seen = All(
        (
            In(Field.DST, Intervals.of(A("10.0.2.80"))),
            In(Field.DNAT, Intervals.of(1)),
            In(Field.ORIG_DPORT, Intervals.of(80)),
        )
    )
    fw = box(
        "fw",
        (LEFT, RIGHT),
        stages=(
            Translate(acl(dnat, default=Permit()), Field.DST),
            Routing(),
            Filter(acl(permit(seen, 32))),
            Translate(acl(snat, default=Permit()), Field.SRC),
        ),
    )
    trace = trace_packet([fw], replace(WEB, dst=A("198.51.100.1")))
    assert trace.disposition is Disposition.DELIVERED
    assert trace.arrived is not None
    assert (trace.arrived.src, trace.arrived.dst, trace.arrived.dport) == (A("10.0.2.1"), A("10.0.2.80"), 8080)
    assert to_json(trace)["hops"][0]["rewritten"] == {  # type: ignore[index]
        "src": ["10.0.1.5", "10.0.2.1"],
        "dst": ["198.51.100.1", "10.0.2.80"],
        "dport": [80, 8080],
    }
    assert [(d.kind, d.span.first) for d in trace.hops[0].decisions] == [
        ("nat", 30),
        ("route", 1),
        ("rule", 32),
        ("nat", 31),
    ]


def test_a_pool_is_shown_and_decided_over_all_its_values() -> None:
    pool = Intervals.span(A("10.0.2.10"), A("10.0.2.13"))
    dnat = Translate(acl(NatRule(ALWAYS, at("fw", 30), (SetTo(Field.DST, pool),)), default=Permit()), Field.DST)
    inside = In(Field.DST, Intervals.span(A("10.0.2.12"), A("10.0.2.20")))
    both = trace_packet([box("fw", (LEFT, RIGHT), stages=(dnat, Routing()))], WEB)
    assert both.disposition is Disposition.DELIVERED
    assert to_json(both)["hops"][0]["pools"] == {"dst": "10.0.2.10-10.0.2.13"}  # type: ignore[index]
    split = trace_packet([box("fw", (LEFT, RIGHT), stages=(dnat, Routing(), Filter(acl(permit(inside, 31)))))], WEB)
    assert split.disposition is Disposition.UNDETERMINED
    assert {w.disposition for w in split.walks} == {Disposition.DELIVERED, Disposition.DENIED}
    assert "10.0.2.10-10.0.2.13" in str(split.reason) and "fw:30" in str(split.reason)


def test_an_unknown_that_decides_is_named_with_its_line() -> None:
    unknown = Unknown("geoip JP", at("fw", 40))
    trace = trace_packet([gate(deny(Unknown("noise", at("fw", 39)), 9), permit(unknown, 10), default=Deny())], WEB)
    assert trace.disposition is Disposition.UNDETERMINED
    assert "geoip JP" in str(trace.reason) and "fw:40" in str(trace.reason)
    assert trace.hops[-1].action == "deliver"
    settled = trace_packet([gate(permit(unknown, 10), permit(ALWAYS, 11))], WEB)
    assert settled.disposition is Disposition.DELIVERED
    assert len(settled.walks) == 2


def test_too_many_unknowns_are_said_to_be_too_many() -> None:
    marks = [Rule(Unknown(f"k{n}", at("fw", n)), Return(), at("fw", n)) for n in range(1, 300)]
    trace = trace_packet([gate(*marks)], WEB)
    assert trace.disposition is Disposition.UNDETERMINED
    assert "combinations" in str(trace.doubts[-1].what)


@pytest.mark.parametrize(
    ("concern", "bounded", "expected"),
    [
        (Concern.FILTER, False, Disposition.UNDETERMINED),
        (Concern.ROUTING, False, Disposition.UNDETERMINED),
        (Concern.FILTER, True, Disposition.DELIVERED),
        (Concern.OTHER, False, Disposition.DELIVERED),
    ],
)
def test_a_line_not_understood_on_the_way_makes_it_undetermined(
    concern: Concern, bounded: bool, expected: Disposition
) -> None:
    line = Misunderstood(at("fw", 77), "set strange enable", "unknown word", concern, bounded)
    trace = trace_packet([replace(gate(permit(ALWAYS, 10)), uncertain=(line,))], WEB)
    assert trace.disposition is expected
    assert trace.apparent is Disposition.DELIVERED
    if expected is Disposition.UNDETERMINED:
        assert "fw:77" in str(trace.reason) and "set strange enable" in str(trace.reason)
    aside = replace(box("aside", (port("p", "10.9.0.1/24"),)), uncertain=(line,))
    assert trace_packet([gate(permit(ALWAYS, 10)), aside], WEB).disposition is Disposition.DELIVERED


CORE = box("core", (LEFT, port("up", "10.0.9.1/30")), route("0.0.0.0/0", "10.0.9.2", file="core"))
EDGE = box("edge", (port("down", "10.0.9.2/30"), RIGHT), route("10.0.1.0/24", "10.0.9.1", file="edge"))


def test_a_packet_goes_on_where_a_modelled_device_owns_the_next_hop() -> None:
    trace = trace_packet([CORE, EDGE], WEB)
    assert trace.disposition is Disposition.DELIVERED
    assert [(h.device, h.ingress, h.egress, h.action) for h in trace.hops] == [
        ("core", "left", "up", "forward"),
        ("edge", "down", "right", "deliver"),
    ]
    to_router = trace_packet([CORE, EDGE], replace(WEB, dst=A("10.0.9.2")))
    assert [(h.device, h.action) for h in to_router.hops] == [("core", "forward"), ("edge", "local")]


def test_a_packet_for_a_next_hop_that_is_not_modelled_leaves_the_model() -> None:
    trace = trace_packet([CORE], WEB)
    assert (trace.disposition, trace.hops[-1].action) == (Disposition.DELIVERED, "deliver")
    assert "10.0.9.2" in str(trace.reason)


def test_marks_and_the_senders_mac_do_not_cross_a_wire() -> None:
    known = In(Field.MAC, Intervals.of(WEB.mac))
    guarded = replace(EDGE, vrfs=(replace(EDGE.vrfs[0], stages=(Routing(), Filter(acl(permit(known, 10))))),))
    assert trace_packet([CORE, guarded], WEB).disposition is Disposition.UNDETERMINED
    marked = In(Field.MARK, Intervals.of(5))
    guarded = replace(
        EDGE, vrfs=(replace(EDGE.vrfs[0], stages=(Routing(), Filter(acl(deny(marked, 10), default=Permit())))),)
    )
    assert trace_packet([CORE, guarded], replace(WEB, mark=5)).disposition is Disposition.DELIVERED


def test_a_state_that_rules_have_set_does_not_cross_a_wire() -> None:
    untracked = Rule(ALWAYS, SetField(Field.STATE, ConnState.UNTRACKED, 7), SPAN)
    seen = permit(In(Field.STATE, Intervals.of(ConnState.UNTRACKED)), 10)
    a = replace(CORE, vrfs=(replace(CORE.vrfs[0], stages=(Filter(acl(untracked, seen)), Routing())),))
    fresh = permit(In(Field.STATE, Intervals.of(ConnState.NEW)), 11)
    b = replace(EDGE, vrfs=(replace(EDGE.vrfs[0], stages=(Routing(), Filter(acl(fresh)))),))
    assert trace_packet([a, b], WEB).disposition is Disposition.DELIVERED


def test_a_loop_is_found() -> None:
    a = box("a", (LEFT, port("up", "10.0.9.1/30")), route("0.0.0.0/0", "10.0.9.2"))
    b = box("b", (port("down", "10.0.9.2/30"),), route("0.0.0.0/0", "10.0.9.1"))
    trace = trace_packet([a, b], replace(WEB, dst=A("8.8.8.8")))
    assert trace.disposition is Disposition.LOOP
    assert [h.device for h in trace.hops] == ["a", "b", "a"]


def test_a_loop_that_changes_the_packet_each_time_ends() -> None:
    grow = NatRule(ALWAYS, SPAN, (SetTo(Field.SPORT, Intervals.span(1, 65535)),))
    step = Translate(acl(NatRule(In(Field.SPORT, Intervals.of(40000)), SPAN, ()), grow, default=Permit()), Field.SRC)
    a = box("a", (LEFT, port("up", "10.0.9.1/30")), route("0.0.0.0/0", "10.0.9.2"), stages=(Routing(), step))
    b = box("b", (port("down", "10.0.9.2/30"),), route("0.0.0.0/0", "10.0.9.1"))
    assert trace_packet([a, b], replace(WEB, sport=1, dst=A("8.8.8.8"))).disposition is Disposition.LOOP


def test_equal_routes_that_end_differently_are_undetermined() -> None:
    fork = box(
        "fork",
        (LEFT, port("u", "10.0.9.1/29")),
        route("0.0.0.0/0", "10.0.9.2"),
        route("0.0.0.0/0", "10.0.9.3", line=53),
    )
    open_edge = box("open", (port("down", "10.0.9.2/29"), port("out", "10.0.2.2/24")))
    shut_edge = box(
        "shut", (port("down", "10.0.9.3/29"), port("out", "10.0.2.3/24")), stages=(Routing(), Filter(acl()))
    )
    trace = trace_packet([fork, open_edge, shut_edge], WEB)
    assert trace.disposition is Disposition.UNDETERMINED
    assert "10.0.9.2" in str(trace.reason) and "10.0.9.3" in str(trace.reason)
    assert trace_packet([fork, open_edge], WEB).disposition is Disposition.DELIVERED


def test_several_owners_of_a_next_hop_are_all_tried() -> None:
    core = box("core", (LEFT, port("up", "10.0.9.1/29")), route("0.0.0.0/0", "10.0.9.2"))
    one = box("one", (port("down", "10.0.9.2/29"), port("out", "10.0.2.2/24")))
    two = box("two", (port("down", "10.0.9.2/29"), port("out", "10.0.2.3/24")), stages=(Routing(), Filter(acl())))
    trace = trace_packet([core, one, two], WEB)
    assert trace.disposition is Disposition.UNDETERMINED
    assert {w.hops[-1].device for w in trace.walks} == {"one", "two"}


def test_links_and_inner_wires_join_interfaces_without_addresses() -> None:
    core = box("core", (LEFT, port("tun")), route("0.0.0.0/0", interface="tun"))
    edge = box("edge", (port("tun"), RIGHT))
    link = Link(("core", "tun"), ("edge", "tun"), SPAN)
    assert [h.device for h in trace_packet([core, edge], WEB).hops] == ["core"]
    assert [h.device for h in trace_packet([core, edge], WEB, [link]).hops] == ["core", "edge"]
    first = Vrf("a", frozenset({"left", "x"}), (route("0.0.0.0/0", interface="x"),), (Routing(),))
    second = Vrf("b", frozenset({"y", "right"}), (), (Routing(),))
    fw = Device("fw", "test", (LEFT, port("x"), port("y"), RIGHT), (first, second), SPAN, wires=(("x", "y"),))
    trace = trace_packet([fw], WEB)
    assert [(h.context, h.ingress, h.egress) for h in trace.hops] == [("a", "left", "x"), ("b", "y", "right")]


def test_a_route_into_another_context_moves_the_packet_there() -> None:
    first = Vrf("a", frozenset({"left"}), (route("10.0.2.0/24", into="b"),), (Routing(),))
    from_left = Filter(acl(permit(Ingress(frozenset({"left"})), 10)))
    second = Vrf("b", frozenset({"right"}), (), (Routing(), from_left))
    fw = Device("fw", "test", (LEFT, RIGHT), (first, second), SPAN)
    trace = trace_packet([fw], WEB)
    assert (trace.disposition, [h.context for h in trace.hops]) == (Disposition.DELIVERED, ["a", "b"])
    circle = replace(second, routes=(route("10.0.3.0/24", into="a"),))
    ring = replace(fw, vrfs=(replace(first, routes=(route("10.0.3.0/24", into="b"),)), circle))
    assert trace_packet([ring], replace(WEB, dst=A("10.0.3.1"))).disposition is Disposition.LOOP
    lost = replace(fw, vrfs=(replace(first, routes=(route("10.0.3.0/24", into="gone"),)),))
    assert trace_packet([lost], replace(WEB, dst=A("10.0.3.1"))).disposition is Disposition.UNDETERMINED


def test_a_source_comes_in_where_its_subnet_is_or_else_where_its_route_leads_out() -> None:
    assert entries([CORE, EDGE], A("10.0.1.5")) == (Entry("core", "main", "left"),)
    core = box(
        "core", (LEFT, port("up", "10.0.9.1/30")), route("0.0.0.0/0", "10.0.9.2"), route("10.77.0.0/16", "10.0.1.9")
    )
    edge = box(
        "edge", (port("down", "10.0.9.2/30"), RIGHT), route("0.0.0.0/0", "10.0.2.9"), route("10.0.0.0/8", "10.0.9.1")
    )
    assert entries([core, edge], A("10.77.1.1")) == (Entry("core", "main", "left"),)
    assert entries([core, edge], A("8.8.8.8")) == (Entry("edge", "main", "right"),)
    assert entries([core, edge], A("fd00::1")) == ()
    nowhere = trace_packet([core, edge], replace(WEB, src=A("fd00::1"), dst=A("fd00::2")))
    assert nowhere.disposition is Disposition.UNDETERMINED


def test_what_a_device_sends_from_an_address_of_its_own_comes_in_at_its_neighbour() -> None:
    loop = port("lo", "10.99.0.1/32")
    core = box("core", (loop, LEFT, port("up", "10.0.9.1/30")), route("0.0.0.0/0", "10.0.9.2"))
    ping = replace(WEB, src=A("10.99.0.1"))
    trace = trace_packet([core, EDGE], ping)
    assert trace.disposition is Disposition.DELIVERED
    assert [(h.device, h.ingress, h.egress) for h in trace.hops] == [("edge", "down", "right")]
    assert trace_packet([core], ping).disposition is Disposition.UNDETERMINED
    assert trace_packet([replace(core, vendor="linux"), EDGE], ping).disposition is Disposition.UNDETERMINED
    unread = Misunderstood(at("core", 7), "router bgp", "not read", Concern.ROUTING)
    open_ = trace_packet([replace(core, uncertain=(unread,)), EDGE], ping)
    assert (open_.disposition, "core:7" in str(open_.reason)) == (Disposition.UNDETERMINED, True)


def test_several_entries_are_all_traced_and_the_worst_is_told() -> None:
    shut = box("shut", (port("left", "10.0.1.2/24"), port("right", "10.0.2.2/24")), stages=(Routing(), Filter(acl())))
    trace = trace_packet([shut, gate(permit(ALWAYS, 10))], WEB)
    assert trace.disposition is Disposition.DELIVERED
    assert [(t.entry.device, t.disposition.value) for t in trace.alternatives if t.entry] == [
        ("fw", "delivered"),
        ("shut", "denied"),
    ]


def test_neighbours_need_no_device() -> None:
    trace = trace_packet([gate()], replace(WEB, dst=A("10.0.1.6")))
    assert (trace.disposition, trace.hops) == (Disposition.DELIVERED, ())
    to_gateway = trace_packet([gate()], replace(WEB, dst=A("10.0.1.1")))
    assert to_gateway.hops[-1].action == "local"
    assert trace_packet([gate()], replace(WEB, dst=A("10.0.1.6")), entry=ENTRY).disposition is Disposition.DENIED


def test_json_has_the_published_shape() -> None:
    out = to_json(trace_packet([gate(permit(HTTP, 11, "web"))], WEB))
    assert out["disposition"] == "delivered"
    assert out["hops"] == [
        {
            "device": "fw",
            "context": "main",
            "in": "left",
            "out": "right",
            "action": "deliver",
            "evidence": {"file": "fw", "line": 11, "last": 11},
            "rewritten": {},
            "lines": [
                {"kind": "route", "name": "", "file": "generated", "line": 1, "last": 1, "via": []},
                {"kind": "rule", "name": "web", "file": "fw", "line": 11, "last": 11, "via": []},
            ],
        }
    ]
    assert isinstance(out["reason"], str)


def test_trace_is_independent_of_the_set_engine() -> None:
    code = (
        "import sys, zoneguard.static.trace; print(*(m for m in sys.modules if m.startswith('zoneguard.')), sep='\\n')"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    own = {m for m in loaded if m.startswith("zoneguard.static.")}
    assert all(m.removeprefix("zoneguard.static.").removeprefix("_").startswith("trace") for m in own)
    assert not any(m.startswith(("zoneguard.model.packets", "zoneguard.checks")) for m in loaded)
