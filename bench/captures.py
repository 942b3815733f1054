"""Captures against the fastest peer: ``python -m bench.captures [PACKETS [FLOWS [PAIRS [MEGABYTES]]]]``.

Makes a capture of small packets and, where ``ZONEGUARD_CORPUS`` names a corpus, two mixed ones: of all its Ethernet
captures over and over, and of those without the flood of fragments. Each is read by turns with nfpcapd (Debian: nfdump)
which writes flow records, and with a core, which makes the flow table, places both ends of every flow in zones and says
which cross. CPU seconds of whole processes, start-up and all; the ratio is the median of the pairs. Hashing the file is
left out on both sides. Scapy's loop over raw records is read against the NumPy core: with few packets a flow, with
many, and on the mixed captures.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import _mixed
from bench._packets import write

FLOOD = "defrag"


def cpu(work: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds and peak megabytes of ``work`` in a process of its own; it may replace that process."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        work()
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"a measured process ended with status {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def python(what: str, *arguments: str) -> Callable[[], object]:
    """A fresh interpreter that runs one of the functions of ``_reading``."""
    call = f"from bench._reading import {what}; {what}(*{arguments!r})"
    return lambda: os.execv(sys.executable, [sys.executable, "-c", call])


def paired(title: str, pairs: int, peer: Callable[[], object], ours: Callable[[], object]) -> None:
    """Both by turns, and the ratio."""
    rows = [(cpu(peer), cpu(ours)) for _ in range(pairs)]
    ratio = statistics.median(ours[0] / peer[0] for peer, ours in rows)
    spread: Sequence[float] = [ours[0] / peer[0] for peer, ours in rows]
    print(
        f"  {title:<28} {min(p[0] for p, _ in rows):7.2f} s against {min(o[0] for _, o in rows):7.2f} s, "
        f"peak {max(o[1] for _, o in rows):5.0f} MB, ratio {ratio:.2f} ({min(spread):.2f} to {max(spread):.2f})",
        flush=True,
    )


def mixed(folder: Path, pairs: int, size: int) -> None:
    """The captures of the corpus, with and without its flood of fragments."""
    corpus = os.environ.get("ZONEGUARD_CORPUS")
    if not corpus:
        print("no mixed capture: ZONEGUARD_CORPUS names no corpus")
        return
    for title, without in (("mixed", ""), ("mixed without the flood", FLOOD)):
        path = folder / "mixed.pcap"
        frames = _mixed.write(path, Path(corpus) / "captures", size, without)
        print(f"{title}: {frames:,} frames, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        against_nfpcapd(path, pairs, ("compiled",))
        paired("scapy, numpy", min(pairs, 3), python("scapy", str(path)), python("read", str(path), "numpy"))


def against_nfpcapd(path: Path, pairs: int, kinds: Sequence[str]) -> None:
    """The peer and our cores on one capture."""
    nfpcapd = shutil.which("nfpcapd")
    if not nfpcapd:
        print("  no nfpcapd here: apt-get install nfdump")
        return
    with tempfile.TemporaryDirectory() as out:
        call = [nfpcapd, "-r", str(path), "-w", out]
        for core in kinds:
            paired(f"nfpcapd, {core}", pairs, lambda: os.execv(nfpcapd, call), python("read", str(path), core))


def main(packets: int = 6_000_000, flows: int = 0, pairs: int = 5, megabytes: int = 2000) -> None:
    """Make the inputs and compare."""
    flows = flows or packets // 6
    with tempfile.TemporaryDirectory() as folder:
        whole, long = (Path(folder) / name for name in ("whole.pcap", "long.pcap"))
        write(whole, packets, flows)
        write(long, packets // 2, packets // 200)
        print(f"{packets:,} packets in {flows:,} flows, {whole.stat().st_size / 1e6:.0f} MB", flush=True)
        against_nfpcapd(whole, pairs, ("compiled", "numpy"))
        for title, path in (("scapy, numpy", whole), ("scapy, numpy, 100 a flow", long)):
            paired(title, min(pairs, 3), python("scapy", str(path)), python("read", str(path), "numpy"))
        whole.unlink()
        mixed(Path(folder), pairs, megabytes * 1_000_000)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does
    main(*map(int, sys.argv[1:]))
