"""What ``captures`` measures, each in a process of its own that imports nothing else."""

from __future__ import annotations

from bench._measure import peak


def read(path: str, core: str) -> None:
    """The flow table of a capture and which flows cross."""
    from zoneguard.dynamic import cores  # noqa: PLC0415 (scapy is measured without them)
    from zoneguard.dynamic.crossing import crossing  # noqa: PLC0415 (scapy is measured without them)
    from zoneguard.dynamic.surveying import Run  # noqa: PLC0415 (scapy is measured without them)
    from zoneguard.model.addresses import V6  # noqa: PLC0415 (scapy is measured without them)
    from zoneguard.model.spans import SourceSpan  # noqa: PLC0415 (scapy is measured without them)
    from zoneguard.model.zones import Zone, ZoneClass, ZoneMap  # noqa: PLC0415 (scapy is measured without them)

    here = SourceSpan("bench", 1, 1)
    lgwan = Zone("lgwan", ZoneClass.LGWAN, ((10 << 24, 8), (V6 + (0xFD << 120), 8)), here)
    internet = Zone("internet", ZoneClass.INTERNET, ((0xAC << 24, 8),), here)
    run = Run([path], digest=False, core={"numpy": cores.NUMPY, "compiled": cores.compiled()}[core])
    for _ in run.batches():
        pass
    seen = run.survey()
    crossed = int(crossing(ZoneMap([lgwan, internet]), seen.tracks.ends()).sum())
    print(f"    {core}: {len(seen.tracks):,} flows, {crossed:,} cross, peak {peak():.0f} MB", flush=True)


def scapy(path: str) -> None:
    """Scapy's fastest loop."""
    from scapy.utils import RawPcapReader  # noqa: PLC0415 (not part of the other function)

    with RawPcapReader(path) as reader:
        for _ in reader:
            pass
