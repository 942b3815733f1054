"""Carving against a reader of headers: ``python -m bench.carving CORPUS [MEGABYTES [PAIRS]]``.

Makes large mixed captures of the captures in a folder, with and without its flood of fragments, and reads each by
turns with nfpcapd (Debian: nfdump), which writes flow records, and with the whole dynamic half: the streams of all
flows are put together, and all content is carved, hashed and inspected; flows that nobody reads are told in columns.
The mixed captures hold the same contents again and again, between other addresses: therefore also with every content
examined anew. CPU seconds of whole processes; the ratio is the median of the pairs.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench._measure import peak
from bench._mixed import write
from bench.captures import FLOOD, paired


def carve(path: str, anew: bool = False) -> None:
    """Look into every flow, with ``anew`` into every content again; run in a process of its own."""
    from zoneguard.dynamic.replay import Options, replay  # noqa: PLC0415 (imports are part of what is measured)
    from zoneguard.inspection import known  # noqa: PLC0415
    from zoneguard.model.project import CaptureEntry  # noqa: PLC0415
    from zoneguard.model.spans import SourceSpan  # noqa: PLC0415
    from zoneguard.model.zones import ZoneMap  # noqa: PLC0415

    if anew:
        known.LARGEST = -1
    entry = CaptureEntry(Path(path), SourceSpan("bench", 1, 1))
    seen = replay([entry], ZoneMap([]), Options(all_flows=True, digest=False))
    kinds = Counter(t.kind for t in seen.read)
    content = sum(t.size for t in seen.read if t.sha256 and not t.parent)
    counted = ", ".join(f"{count:,} of {kind}" for kind, count in kinds.most_common())
    unread = f"{int(seen.unread.sum()):,} flows that nobody reads"
    print(f"    {counted}; {unread}; {content / 1e6:.0f} MB hashed whole, peak {peak():.0f} MB", flush=True)


def main(corpus: str, megabytes: int = 400, pairs: int = 3) -> None:
    """Make the capture and compare."""
    nfpcapd = shutil.which("nfpcapd")
    if not nfpcapd:
        raise SystemExit("nfpcapd is not installed")
    with tempfile.TemporaryDirectory() as folder:
        capture, out = Path(folder) / "mixed.pcap", Path(folder) / "nfcapd"
        out.mkdir()
        theirs = [nfpcapd, "-r", str(capture), "-w", str(out)]
        for title, without in (("mixed", ""), ("mixed without the flood", FLOOD)):
            frames = write(capture, Path(corpus), megabytes * 1_000_000, without)
            print(f"{title}: {capture.stat().st_size / 1e6:.0f} MB in {frames:,} frames", flush=True)
            for what, anew in (("carving", False), ("carving, all anew", True)):
                call = f"from bench.carving import carve; carve({str(capture)!r}, {anew})"
                ours = [sys.executable, "-c", call]
                paired(
                    f"nfpcapd, {what}",
                    pairs,
                    lambda: os.execv(theirs[0], theirs),
                    lambda ours=ours: os.execv(ours[0], ours),  # type: ignore[misc]
                )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.argv[1], *map(int, sys.argv[2:]))
