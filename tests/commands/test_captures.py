"""flows."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., tuple[int, str, str]]


def capture(*frames: bytes, cut: int = 0) -> bytes:
    """A classic pcap of Ethernet frames, the last ``cut`` bytes missing."""
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    body = b"".join(struct.pack("<IIII", 1_775_000_000 + i, 0, len(f), len(f)) + f for i, f in enumerate(frames))
    return (head + body)[: len(head + body) - cut]


def datagram() -> bytes:
    """Ethernet, IPv4, UDP 10.1.0.5:1024 > 10.2.0.7:53, four bytes of payload."""
    udp = struct.pack("!HHHH", 1024, 53, 12, 0) + b"data"
    ip = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes((10, 1, 0, 5)), bytes((10, 2, 0, 7))
    )
    return bytes.fromhex("00005e00530100005e0053020800") + ip + udp


def test_flows(zoneguard: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(capture(datagram(), datagram()))
    status, out, err = zoneguard("flows", path)
    assert (status, err) == (0, "")
    assert "udp    10.1.0.5:1024 > 10.2.0.7:53" in out
    flow = json.loads(zoneguard("flows", path, "--format", "jsonl")[1])
    assert (flow["dst"], flow["dport"], flow["packets"], flow["first_frame"]) == ("10.2.0.7", 53, [2, 0], 1)
    assert zoneguard("flows", path, "--format", "csv")[1].startswith("src,sport,dst,dport,proto,")


def test_flows_of_a_capture_that_was_cut(zoneguard: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(capture(datagram(), datagram(), cut=5))
    status, out, err = zoneguard("flows", path)
    assert status == 3
    assert "1/0 packets" in out
    assert f"{path}: the capture was read up to a cut" in err
    assert zoneguard("flows", path, "--allow-undetermined", "--quiet")[::2] == (0, "")


def test_flows_of_something_else(zoneguard: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(b"no capture at all")
    status, out, err = zoneguard("flows", path)
    assert (status, out) == (2, "")
    assert f"error: {path}" in err
