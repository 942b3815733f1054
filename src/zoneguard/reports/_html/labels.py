"""What the page says beside the report's own words."""

from __future__ import annotations

from collections.abc import Mapping

from zoneguard.model.text import N_, Text
from zoneguard.reports._html.tables import WITHOUT_SCRIPT
from zoneguard.reports._words import REDACTED

LABELS: Mapping[str, Text] = {
    "skip": N_("To the zone matrix"),
    "contents": N_("Contents"),
    "language": N_("Language"),
    "overview": N_("Overview"),
    "verdict": N_("Verdict"),
    "policy": N_("Policy"),
    "day": N_("Day of judgement"),
    "findings": N_("Findings"),
    "clauses": N_("clauses"),
    "matrix": N_("Zone matrix: who may open a session to whom"),
    "no_matrix": N_("No matrix: the configurations were not looked at."),
    "redacted": REDACTED,
    "spoofed": N_("Hosts may use any source address."),
    "how": N_("Rows open sessions to columns. Choose a cell for rules, packets and findings."),
    "nothing": N_("Nothing may pass between these zones, nothing was captured, and nothing was found."),
    "picture": N_("Zones and devices"),
    "picture_words": N_("Which zones and devices are joined; the path of one finding is drawn thick."),
    "no_joints": N_("No links between zones and devices are known."),
    "drawn": N_("Drawn:"),
    "joined": N_("What is joined, in words"),
    "packets": N_("packets"),
    "through": N_("through"),
    "rules": N_("rules"),
    "captured": N_("captured"),
    "back": N_("Back to the matrix"),
    "search": N_("Search"),
    "any": N_("any"),
    "from": N_("From"),
    "to": N_("To"),
    "check": N_("Checks"),
    "severity": N_("Severity"),
    "result": N_("Result"),
    "more": N_("Show more"),
    "none": N_("None."),
    "legend": N_("Legend"),
    "all": N_("Show all"),
    "frames": N_("Frames that findings below the first {count} cite stand with those findings.", count=WITHOUT_SCRIPT),
    "held": N_("Held back by the baseline. The clauses are broken all the same."),
}


def cell(source: str, destination: str, state: Text) -> Text:
    """A cell of the matrix where its row and column are not seen."""
    return N_("{source} → {destination}: {state}", source=source, destination=destination, state=state)


def flows(observed: int, attempted: int) -> Text:
    """How many flows were captured."""
    return N_("{observed} flows, {attempted} attempts", observed=observed, attempted=attempted)


def rest(count: int) -> Text:
    """How many are not shown here."""
    return N_("… and {count} more", count=count)


def listed(shown: int, count: int) -> Text:
    """How many findings the table without script shows."""
    return N_(
        "The first {shown} of {count}. With scripts allowed, or in the other formats, all of them.",
        shown=shown,
        count=count,
    )
