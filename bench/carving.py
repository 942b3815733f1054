"""Carving against a reader of headers: ``python -m bench.carving CORPUS [MEGABYTES [PAIRS]]``.

Makes one large mixed capture of the captures in a folder and reads it by turns with nfpcapd (Debian: nfdump), which
writes flow records, and with the whole dynamic half, which puts every flow's streams together, carves, hashes and
inspects all content. CPU seconds of whole processes; the ratio is the median of the pairs.
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
from bench.captures import paired


def carve(path: str) -> None:
    """Look into every flow; run in a process of its own."""
    from zoneguard.dynamic.replay import Options, replay  # noqa: PLC0415 (imports are part of what is measured)
    from zoneguard.model.project import CaptureEntry  # noqa: PLC0415
    from zoneguard.model.spans import SourceSpan  # noqa: PLC0415
    from zoneguard.model.zones import ZoneMap  # noqa: PLC0415

    entry = CaptureEntry(Path(path), SourceSpan("bench", 1, 1))
    found = replay([entry], ZoneMap([]), Options(all_flows=True, digest=False)).transfers
    kinds = Counter(t.kind for t in found)
    content = sum(t.size for t in found if t.sha256 and not t.parent)
    counted = ", ".join(f"{count:,} of {kind}" for kind, count in kinds.most_common())
    print(f"    {counted}; {content / 1e6:.0f} MB hashed whole, peak {peak():.0f} MB", flush=True)


def main(corpus: str, megabytes: int = 400, pairs: int = 3) -> None:
    """Make the capture and compare."""
    nfpcapd = shutil.which("nfpcapd")
    if not nfpcapd:
        raise SystemExit("nfpcapd is not installed")
    with tempfile.TemporaryDirectory() as folder:
        capture, out = Path(folder) / "mixed.pcap", Path(folder) / "nfcapd"
        out.mkdir()
        frames = write(capture, Path(corpus), megabytes * 1_000_000)
        print(f"{capture.stat().st_size / 1e6:.0f} MB in {frames:,} frames")
        ours = [sys.executable, "-c", f"from bench.carving import carve; carve({str(capture)!r})"]
        theirs = [nfpcapd, "-r", str(capture), "-w", str(out)]
        paired(
            "nfpcapd, carving",
            pairs,
            lambda: os.execv(theirs[0], theirs),
            lambda: os.execv(ours[0], ours),
        )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.argv[1], *map(int, sys.argv[2:]))
