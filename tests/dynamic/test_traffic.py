"""Questions about all flows at once, and what is told together because there is too much of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether

from tests.dynamic.making import look
from zoneguard.dynamic.joined import Flows
from zoneguard.dynamic.matters import MOST
from zoneguard.dynamic.traffic import Traffic
from zoneguard.dynamic.wire import Wire
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap

HERE = SourceSpan("zones", 1, 1)
ZONES = ZoneMap(
    [
        Zone("lgwan", ZoneClass.LGWAN, ((10 << 24, 16),), HERE),
        Zone("internet", ZoneClass.INTERNET, (((10 << 24) + (1 << 16), 16),), HERE),
    ]
)


def tried(src: str, dst: str, port: int = 445, mac: str = "02:00:00:00:00:01") -> Any:
    return Ether(src=mac, dst="02:00:00:00:00:ff") / IP(src=src, dst=dst) / TCP(sport=4000, dport=port, flags="S")


def seen(folder: Path, *packets: Any) -> Traffic:
    return Traffic(Flows((look(folder, packets).tracks,), by_time=True), ZONES, {})


def test_few_are_told_one_by_one(tmp_path: Path) -> None:
    packets = [tried("10.0.0.1", f"10.1.0.{n}") for n in range(MOST)]
    traffic = seen(tmp_path, *packets, tried("10.0.0.1", "10.1.0.0", 22))
    matters = list(traffic.matters(traffic.crossing & traffic.tcp([445])))
    assert [matter.parts for matter in matters] == [1] * MOST
    assert [matter[0].dst & 0xFF for matter in matters] == list(range(MOST))


def test_many_of_one_service_are_told_together(tmp_path: Path) -> None:
    packets = [tried("10.0.0.1", f"10.1.0.{n}") for n in range(MOST)]
    traffic = seen(tmp_path, *packets, tried("10.0.0.1", "10.1.0.0", 22), tried("10.1.0.1", "10.0.0.1", 22))
    matters = list(traffic.matters(traffic.crossing))
    assert [(matter.parts, len(matter), matter.zones) for matter in matters] == [
        (MOST, MOST, ("lgwan", "internet")),
        (1, 1, ("lgwan", "internet")),
        (1, 1, ("internet", "lgwan")),
    ]
    assert [flow.dst & 0xFF for flow in matters[0][:3]] == [0, 1, 2]


def test_many_services_are_told_together(tmp_path: Path) -> None:
    traffic = seen(tmp_path, *(tried("10.0.0.1", "10.1.0.1", 1 + port) for port in range(2 * MOST)))
    (matter,) = traffic.matters(traffic.crossing)
    assert (matter.parts, len(matter)) == (2 * MOST, 2 * MOST)


def test_the_same_many_have_the_same_name_and_others_another(tmp_path: Path) -> None:
    packets = [tried("10.0.0.1", f"10.1.0.{n}") for n in range(MOST + 1)]
    aside = tried("10.0.0.9", "10.0.0.8")
    names = [
        next(traffic.matters(traffic.crossing)).digest
        for traffic in (
            seen(tmp_path, *packets),
            seen(tmp_path, aside, *reversed(packets), packets[3]),
            seen(tmp_path, *packets[1:], tried("10.0.0.1", "10.1.1.1")),
        )
    ]
    assert names[0] == names[1] != names[2]


def test_a_fan_has_each_host_once_and_its_answer(tmp_path: Path) -> None:
    answer = Ether() / IP(src="10.1.0.1", dst="10.0.0.1") / TCP(sport=445, dport=4001, flags="SA")
    again = Ether() / IP(src="10.0.0.1", dst="10.1.0.1") / TCP(sport=4001, dport=445, flags="S")
    hosts = [tried("10.0.0.1", f"10.1.0.{n}") for n in (3, 1, 2)]
    traffic = seen(tmp_path, *hosts, again, answer, tried("10.0.0.2", "10.1.0.1"))
    (fan,) = traffic.fans(traffic.crossing, 3)
    assert [(traffic.flows[at].dst & 0xFF, bool(traffic.answered[at])) for at in fan.tolist()] == [
        (3, False),
        (1, True),
        (2, False),
    ]
    assert list(traffic.fans(traffic.crossing, 4)) == []


def test_a_flow_is_found_again(tmp_path: Path) -> None:
    traffic = seen(tmp_path, *(tried("10.0.0.1", f"10.1.0.{n}") for n in range(9)))
    for at, flow in enumerate(traffic.flows):
        assert traffic.position(flow) == at
    (other,) = look(tmp_path, [tried("10.0.0.77", "10.1.0.1")]).table.flows
    assert traffic.position(other) == -1


def test_a_flow_inside_its_own_like_is_told_apart(tmp_path: Path) -> None:
    inner = IP(src="10.0.0.1", dst="10.1.0.1") / UDP(sport=1, dport=2)
    traffic = seen(tmp_path, Ether() / IP(src="10.0.0.1", dst="10.1.0.1", proto=4) / inner, Ether() / inner)
    assert sorted(traffic.position(flow) for flow in traffic.flows) == list(range(len(traffic)))


def test_who_sent_first_what_from_where(tmp_path: Path) -> None:
    traffic = seen(
        tmp_path,
        tried("10.0.0.1", "10.1.0.1"),
        tried("10.0.0.2", "10.1.0.1", mac="02:00:00:00:00:02"),
        tried("10.0.0.1", "10.1.0.2"),
        IP(src="10.0.0.3", dst="10.1.0.1") / TCP(flags="S"),
    )
    found = [(mac & 0xFF, which.tolist()) for _, mac, which in Wire(traffic).senders(traffic.crossing)]
    assert found[:2] == [(1, [0, 2]), (2, [1])]
