"""Frames that a finding cites, dissected by scapy: the second reading of what the columnar path decoded, for people."""

from __future__ import annotations

from collections.abc import Collection

from zoneguard.dynamic.containers import open_capture

MAX_TEXT = 160
"""Characters of a summary; a frame's content may be long and is not the report's business."""


def dissect(path: str, frames: Collection[int]) -> dict[int, str]:
    """Frame number → one line such as ``Ether / IP / TCP 10.0.0.1:49152 > 192.0.2.1:https S``.

    A frame of a link type that scapy does not know is left out. Raises ``InputError`` where ``path`` is no capture.
    """
    wanted = set(frames)
    found: dict[int, str] = {}
    capture = open_capture(path, digest=False)
    for batch in capture.batches():
        for i, number in enumerate(batch.number.tolist()):
            if number in wanted:
                at, length = int(batch.at[i]), int(batch.caplen[i])
                summary = _summary(int(batch.link[i]), batch.data[at : at + length].tobytes())
                if summary:
                    found[number] = summary
        if wanted and batch.number.size and int(batch.number[-1]) >= max(wanted):
            capture.close()
            break
    return found


def _summary(link: int, data: bytes) -> str:
    import scapy.layers.inet6  # noqa: PLC0415 (scapy costs 0.2 s of CPU: only where a frame is shown)
    import scapy.layers.l2  # noqa: F401, PLC0415
    from scapy.config import conf  # noqa: PLC0415

    layer = conf.l2types.num2layer.get(link)
    if layer is None:
        return ""
    try:
        text = str(layer(data).summary())
    except Exception:
        return ""
    clean = "".join(c if c.isprintable() else "·" for c in text)
    return clean[:MAX_TEXT] + ("…" if len(clean) > MAX_TEXT else "")
