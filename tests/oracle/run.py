"""A long run of the campaigns against this kernel: ``python -m tests.oracle.run --rulesets 1000 --seed 7``.

Needs root. Prints counts, versions and the seed as JSON; each disagreement, made small, goes to stderr.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tests.oracle.agreement import Bench, Tally
from tests.oracle.campaign import CAMPAIGNS, play
from tests.oracle.exports import TOOLS, RefusedError, exports, play_export
from tests.oracle.netns import Lab, unavailable
from tests.oracle.world import FIREWALL

VERSIONS = (("iptables-nft", "--version"), ("iptables-legacy", "--version"), ("nft", "--version"), ("ip", "-V"))


def main() -> int:
    """The exit status: 1 where something disagrees."""
    options = _options()
    if reason := unavailable():
        sys.exit(reason)
    names = options.only or (list(CAMPAIGNS) if options.rulesets else [])
    tallies: dict[str, Tally] = {}
    disagreements, begun = 0, time.monotonic()
    for name in names:
        tallies[name] = Tally()
        with Lab({"fw": FIREWALL}) as lab:
            bench = Bench(lab, "fw")
            for number in range(options.first, options.first + options.rulesets):
                found = play(bench, name, options.seed, number, tallies[name])
                if found is not None:
                    disagreements += 1
                    print(f"--- {name}, seed {options.seed}, ruleset {number}\n{found}", file=sys.stderr, flush=True)
        print(f"{name}: {tallies[name]}", file=sys.stderr, flush=True)
    for tool in TOOLS if options.configs else ():
        name = f"corpus, {tool}"
        tallies[name], refused = Tally(), 0
        for export in exports(options.configs, tool):
            try:
                found = play_export(export, options.packets, options.seed, tallies[name])
            except RefusedError:
                refused += 1
                continue
            if found is not None:
                disagreements += 1
                print(f"--- {name}, seed {options.seed}\n{found}", file=sys.stderr, flush=True)
        print(f"{name}: {tallies[name]}, {refused} files refused", file=sys.stderr, flush=True)
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    result = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "seed": options.seed,
        "rulesets": options.rulesets * len(names),
        "disagreements": disagreements,
        "seconds": round(time.monotonic() - begun),
        "kernel": platform.release(),
        "tools": [_version(*tool) for tool in VERSIONS],
        "total": asdict(total),
        "campaigns": {name: asdict(tally) for name, tally in tallies.items()},
    }
    print(json.dumps(result, indent=2))
    return min(disagreements, 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rulesets", type=int, default=100, help="of each campaign")
    parser.add_argument("--first", type=int, default=0, help="number of the first ruleset")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=list(CAMPAIGNS), help="a campaign; may be repeated")
    parser.add_argument(
        "--configs", type=Path, help="a folder with the folders iptables and nftables: real exports too"
    )
    parser.add_argument("--packets", type=int, default=200, help="for each of these exports")
    return parser.parse_args()


def _version(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return f"{command[0]}: not here"


if __name__ == "__main__":
    sys.exit(main())
