"""The corpus's rulesets in the Linux kernel: what it does with packets around their own values is what the models say.

``ZONEGUARD_ORACLE_PACKETS`` and ``ZONEGUARD_ORACLE_SEED`` make the run longer or another one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.oracle.agreement import Tally
from tests.oracle.exports import TOOLS, RefusedError, exports, play_export
from tests.oracle.netns import unavailable

REASON = unavailable()
PACKETS = int(os.environ.get("ZONEGUARD_ORACLE_PACKETS", "40"))
SEED = int(os.environ.get("ZONEGUARD_ORACLE_SEED", "1"))
LEAST_TAKEN = {"iptables-nft": 32, "iptables-legacy": 32, "nft": 11}
"""Files that Linux 6.18 takes, less what an older kernel may lack. The others are cut short or begin with prose, name
devices that are not there, or are not written as this version of nft writes them."""

pytestmark = [pytest.mark.corpus, pytest.mark.skipif(bool(REASON), reason=REASON)]


@pytest.mark.parametrize("tool", TOOLS)
def test_the_kernel_does_what_the_models_say_of_real_rulesets(corpus: Path, tool: str) -> None:
    tally, refused, taken = Tally(), [], 0
    for export in exports(corpus / "configs", tool):
        try:
            found = play_export(export, PACKETS, SEED, tally)
        except RefusedError as error:
            refused.append(f"{export}: {error}")
            continue
        taken += 1
        assert found is None, str(found)
    print(tool, tally, *refused, sep="\n")
    assert taken >= LEAST_TAKEN[tool], refused
    assert min(tally.forwarded, tally.local, tally.dropped) > tally.packets // 100
