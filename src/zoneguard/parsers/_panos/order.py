"""Rules of which the first that holds answers, as one flat condition."""

from __future__ import annotations

from collections.abc import Sequence

from zoneguard.model.match import ALWAYS, NEVER, Match, Not, both, either


def first_of(answers: Sequence[tuple[Match, Match]], otherwise: Match) -> Match:
    """What the first condition that holds answers, else ``otherwise``; conditions of one answer are asked together."""
    runs: list[tuple[list[Match], Match]] = []
    for match, answer in answers:
        if runs and runs[-1][1] == answer:
            runs[-1][0].append(match)
        else:
            runs.append(([match], answer))
    parts: list[Match] = []
    passed: list[Match] = []
    for matches, answer in (*((either(*matches), answer) for matches, answer in runs), (ALWAYS, otherwise)):
        if answer is not NEVER:
            parts.append(both(*(part for part in (*passed, matches, answer) if part is not ALWAYS)))
        passed.append(Not(matches))
    return either(*parts)
