"""What the system says of a file, in the words of both languages."""

from __future__ import annotations

import errno
import os

import pytest

from zoneguard.locale import translator
from zoneguard.model.errors import system_reason
from zoneguard.model.text import N_

JA = translator("ja")


@pytest.mark.parametrize(
    ("number", "ja"),
    [(errno.EACCES, "権限がありません"), (errno.ENOSPC, "空きがありません"), (errno.ENOENT, "フォルダがありません")],
)
def test_what_is_common_has_its_meaning_in_japanese_and_keeps_the_original(number: int, ja: str) -> None:
    reason = system_reason(OSError(number, os.strerror(number)))
    assert str(reason) == os.strerror(number)
    assert ja in reason.render(JA)
    assert f"({os.strerror(number)})" in reason.render(JA)
    assert N_("cannot be read: {reason}", reason=reason).render(JA) == f"読めません: {reason.render(JA)}"


@pytest.mark.parametrize("error", [OSError(errno.EUSERS, "{so many}"), OSError("{so many}"), ValueError("{so many}")])
def test_what_is_not_common_stays_as_it_is_said(error: OSError | ValueError) -> None:
    assert system_reason(error).render(JA) == "{so many}"
