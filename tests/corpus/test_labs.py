"""What got through in labs of real firewalls: ``trace`` says the same, or that it depends on the application."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.corpus.labs import Lab, Observation, Seen
from zoneguard.model.packet import Packet
from zoneguard.static.trace import Disposition, Trace, trace_packet

ROOT = Path(os.environ.get("ZONEGUARD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "configs"
LABS = [Lab(folder) for folder in sorted(ROOT.glob("lab__*"))] if ROOT.is_dir() else []
TRIED = [(lab, seen) for lab in LABS for seen in lab.observations()]


def agrees(trace: Trace, observation: Observation) -> bool:
    """A session that is cut after its first packets is one whose application decides."""
    if trace.disposition is Disposition.UNDETERMINED:
        return not trace.entry or any("application" in str(doubt.what) for doubt in trace.doubts)
    if observation.seen is Seen.CUT:
        return False
    return (trace.disposition is Disposition.DELIVERED) == (observation.seen is Seen.PASSED)


@pytest.mark.corpus
@pytest.mark.skipif(not LABS, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus")
@pytest.mark.parametrize(("lab", "tried"), TRIED, ids=lambda value: getattr(value, "name", None))
def test_trace_agrees_with_what_the_lab_saw(lab: Lab, tried: Observation) -> None:
    trace = trace_packet(lab.devices(), tried.packet)
    assert agrees(trace, tried), (trace.disposition, str(trace.reason), tried.seen)


@pytest.mark.corpus
@pytest.mark.skipif(not LABS, reason="no corpus: set ZONEGUARD_CORPUS, or place it at ../shared/corpus")
def test_most_of_what_the_firewall_of_the_lab_decides_is_decided() -> None:
    (lab,) = [lab for lab in LABS if lab.name == "lab__panos_fw_policy_app_override"]
    devices = lab.devices()
    found = {o.name.partition(": ")[2]: trace_packet(devices, o.packet).disposition for o in lab.observations()}
    assert len(found) == 8
    open_ = {name for name, disposition in found.items() if disposition is Disposition.UNDETERMINED}
    assert open_ == {"client_outside_192.168.123.6_tcp_9101", "client_outside_192.168.123.6_udp_9201"}
    assert {d for name, d in found.items() if name not in open_} == {Disposition.DELIVERED}


FORTIGATE = """#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
config system interface
    edit "port1"
        set vdom "root"
        set ip 10.1.0.1 255.255.255.0
    next
    edit "port2"
        set vdom "root"
        set ip 10.2.0.1 255.255.255.0
    next
end
config firewall policy
    edit 1
        set srcintf "port1"
        set dstintf "port2"
        set srcaddr "all"
        set dstaddr "all"
        set action accept
        set schedule "always"
        set service "HTTP" "PING"
    next
end
"""
TABLE = """Routing table for VRF=0
C       10.1.0.0/24 is directly connected, port1
C       10.2.0.0/24 is directly connected, port2
"""


def made(folder: Path, files: dict[str, str], flat: bool) -> Lab:
    for name, text in files.items():
        path = folder / (f"snapshots__x__{name.replace('/', '__')}" if flat else f"snapshots/x/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Lab(folder)


@pytest.mark.parametrize("flat", [True, False], ids=["flat", "folders"])
def test_a_lab_is_read_by_the_names_of_its_files(tmp_path: Path, flat: bool) -> None:
    host = {"hostname": "in", "hostInterfaces": {"e": {"name": "e", "prefix": "10.1.0.5/24", "gateway": "10.1.0.1"}}}
    lab = made(
        tmp_path,
        {
            "README.MD": "ping 1.2.3.4",
            "configs/fw/show.txt": FORTIGATE,
            "configs/rtr/show_running-config.txt": "a device that no parser knows\n",
            "hosts/in.json": json.dumps(host),
            "show/host_nos.txt": "{}",
            "show/fw/get_router_info_routing-table_all.txt": TABLE,
            "show/in/ping_-c_1_-S_10.1.0.5_10.2.0.5.txt": "1 packets transmitted, 1 received, 0% packet loss\n",
            "show/in/ping_-c_1_10.2.0.9.txt": "1 packets transmitted, 0 received, 100% packet loss\n",
            "show/out/ping_10.1.0.5_source_10.2.0.5.txt": "Success rate is 0 percent (0/5)\n",
            "show/in/client_out_10.2.0.5_tcp_80.txt": "packet1: x\n[ECHO:] packet1: x\n",
            "show/in/client_out_10.2.0.5_udp_53.txt": "packet1: x\npacket2: x\n",
            "show/in/client_out_10.2.0.5_tcp_22.txt": "packet1: x\n[ECHO:] packet1: x\npacket2: x\n",
            "show/in/ping_nowhere.txt": "ping: nowhere: Name or service not known\n",
        },
        flat,
    )
    (device,) = lab.devices()
    assert (device.name, len(device.vrfs[0].routes)) == ("fw", 2)
    found = {observation.name: observation for observation in lab.observations()}
    assert {name.rpartition(": ")[2]: o.seen.value for name, o in found.items()} == {
        "ping_-c_1_-S_10.1.0.5_10.2.0.5": "passed",
        "ping_-c_1_10.2.0.9": "stopped",
        "ping_10.1.0.5_source_10.2.0.5": "stopped",
        "client_out_10.2.0.5_tcp_80": "passed",
        "client_out_10.2.0.5_udp_53": "stopped",
        "client_out_10.2.0.5_tcp_22": "cut",
    }
    packets = {name: str(o.packet) for name, o in found.items()}
    assert packets["out: ping_10.1.0.5_source_10.2.0.5"] == "icmp 10.2.0.5 > 10.1.0.5 type 8 code 0"
    verdicts = {name: agrees(trace_packet([device], o.packet), o) for name, o in found.items()}
    assert {name.rpartition(": ")[2] for name, ok in verdicts.items() if not ok} == {
        "ping_-c_1_10.2.0.9",  # nobody answered, which no firewall says
        "client_out_10.2.0.5_tcp_22",
    }


def test_a_trace_that_finds_no_way_in_is_no_disagreement() -> None:
    trace = trace_packet([], Packet(1, 2, 6))
    assert agrees(trace, Observation("", Packet(1, 2, 6), Seen.PASSED))
