"""Numbers that nobody can foresee: keys of hashes, so that nobody chooses addresses that share a place."""

from __future__ import annotations

import os


def secret() -> int:
    """An odd number of 64 bits. (``secrets`` would load the whole of OpenSSL for it.)"""
    return int.from_bytes(os.urandom(8)) | 1
