"""Fuzz target: bytes as a capture file, through reader, decoder, flow table and stream reassembly.

Run: ``python fuzz/fuzz_capture.py CORPUS_FOLDER`` with the package ``atheris`` installed. Anything raised is a bug,
except ``InputError``: the bytes are no capture.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from zoneguard.dynamic.streams import Limits, reassemble
from zoneguard.dynamic.surveying import survey
from zoneguard.model.errors import InputError

_FOLDER = tempfile.TemporaryDirectory()
_FILE = Path(_FOLDER.name) / "capture"


def one_input(data: bytes) -> None:
    """Read ``data`` as a capture and check what holds for every capture."""
    _FILE.write_bytes(data)
    try:
        seen = survey([str(_FILE)], digest=False)
    except InputError:
        return
    account = seen.accounts[0]
    counted = account.decoded + sum(account.skipped.values()) + sum(account.without_ip.values())
    assert counted == account.frames, "a frame is not accounted for"
    for conversation in reassemble(seen, seen.tracks, Limits(stream=1 << 16)):
        for stream in (conversation.to_responder, conversation.to_originator):
            assert len(stream.data) <= 1 << 16, "a stream is longer than its bound"


if __name__ == "__main__":
    import atheris

    atheris.instrument_all()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
