"""AES and GCM against the published examples and against another implementation."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneguard.inspection import aes

CLEAR = bytes.fromhex("00112233445566778899aabbccddeeff")


@pytest.mark.parametrize(
    ("size", "sealed"),
    [
        (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
        (24, "dda97ca4864cdfe06eaf70a0ec0d7191"),
        (32, "8ea2b7ca516745bfeafc49904b496089"),
    ],
)
def test_examples_of_fips_197(size: int, sealed: str) -> None:
    key = bytes(range(size))
    assert aes.block(CLEAR, key).hex() == sealed
    assert aes.cbc_decrypt(bytes.fromhex(sealed), key, bytes(16)) == CLEAR


keys = st.sampled_from([16, 24, 32]).flatmap(lambda n: st.binary(min_size=n, max_size=n))


@settings(deadline=None)
@given(keys, st.binary(min_size=16, max_size=16), st.binary(max_size=200))
def test_chains_are_undone(key: bytes, start: bytes, data: bytes) -> None:
    padded = data + bytes(-len(data) % 16)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    sealed = encryptor.update(padded) + encryptor.finalize()
    assert aes.cbc_decrypt(sealed, key, start) == padded
    assert aes.cbc_encrypt(padded, key, start) == sealed


@settings(deadline=None)
@given(keys, st.binary(min_size=12, max_size=12), st.binary(max_size=60), st.binary(max_size=200))
def test_what_is_sealed_is_opened_what_was_changed_is_not(key: bytes, nonce: bytes, head: bytes, data: bytes) -> None:
    sealed = AESGCM(key).encrypt(nonce, data, head)
    assert aes.gcm_decrypt(sealed, key, nonce, head) == data
    changed = sealed[:-1] + bytes((sealed[-1] ^ 1,))
    assert aes.gcm_decrypt(changed, key, nonce, head) is None
    assert aes.gcm_decrypt(sealed, key, nonce, head + b"x") is None
    assert aes.gcm_decrypt(sealed[:10], key, nonce, head) is None
