"""Fuzz target: bytes as a capture file, through reader, decoder, flow table and stream reassembly, with both cores.

Run: ``make fuzz``, or ``python -m fuzz.fuzz_capture CORPUS_FOLDER`` with the package ``atheris`` installed. Anything
raised is a bug, except ``InputError``: the bytes are no capture.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    with import_module("atheris").instrument_imports(include=["zoneguard"]):
        import_module("zoneguard.dynamic.streams")

from zoneguard.dynamic import _store, cores
from zoneguard.dynamic.remembering import everything
from zoneguard.dynamic.streams import Limits, reassemble
from zoneguard.dynamic.surveying import Run, Survey
from zoneguard.model.errors import InputError

_FOLDER = tempfile.TemporaryDirectory()
_FILE = Path(_FOLDER.name) / "capture"
_LIMITS = Limits(stream=1 << 16)
_store.START = 16  # what grows is tried, and little is made each time


def one_input(data: bytes) -> None:
    """Read ``data`` as a capture and check what holds for every capture."""
    _FILE.write_bytes(data)
    try:
        seen = _survey(cores.NUMPY)
    except InputError:
        return
    account = seen.accounts[0]
    counted = account.decoded + sum(account.skipped.values()) + sum(account.without_ip.values())
    assert counted == account.frames, "a frame is not accounted for"
    if compiled := cores.compiled():
        other = _survey(compiled)
        assert [replace(a, core=account.core) for a in other.accounts] == [account], "the cores account differently"
        assert list(other.tracks) == list(seen.tracks), "the cores see different flows"
    for conversation in reassemble(seen, seen.tracks, _LIMITS):
        for stream in (conversation.to_responder, conversation.to_originator):
            assert len(stream.data) <= _LIMITS.stream, "a stream is longer than its bound"


def _survey(core: cores.Core) -> Survey:
    run = Run([str(_FILE)], core=core, interesting=everything)
    for _ in run.batches():
        pass
    return run.survey()


if __name__ == "__main__":
    atheris = import_module("atheris")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
