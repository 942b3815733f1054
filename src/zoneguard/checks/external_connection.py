"""ZG140: every connection to an external network was permitted.

A zone outside (the Internet, the security cloud, a local breakout, a closed external network, schools and hospitals)
that a device of the project is connected to must have a row in the register of the project (``connections``),
permitted on a day before that of the audit and not past its end. The row names the offices that the policy asks for
(Mikasa: the CISO and 統括情報セキュリティ責任者); for offices of other names somebody has to confirm that they are
the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._offices import holds
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Connection
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

EXTERNAL = frozenset(
    {
        ZoneClass.PUBLIC,
        ZoneClass.SECURITY_CLOUD,
        ZoneClass.LOCAL_BREAKOUT,
        ZoneClass.CLOSED_EXTERNAL,
        ZoneClass.OUT_OF_SCOPE,
    }
)


def _run(case: Case) -> Iterator[Finding]:
    rows = case.project.connections
    if rows is None:
        return
    for zone, (place, line) in sorted(_connected(case).items()):
        own = [row for row in rows if row.zone == zone]
        if not own:
            message = N_("The zone {zone} is connected ({place}), and no row permits that.", zone=zone, place=place)
            yield _finding(zone, message, ("none",), (line,))
        for row in own:
            yield from _faults(case, row)


def _connected(case: Case) -> dict[str, tuple[str, SourceSpan]]:
    """The zones outside that are connected, with the first interface that leads there and its line."""
    assert case.static
    found: dict[str, tuple[str, SourceSpan]] = {}
    for attachment in case.static.network.topology.attachments:
        if case.project.zones[attachment.zone].zone_class in EXTERNAL and attachment.interface:
            device = attachment.context.device
            span = device.interface(attachment.interface).span
            found.setdefault(attachment.zone, (f"{device.name}:{attachment.interface}", span))
    return found


def _faults(case: Case, row: Connection) -> Iterator[Finding]:
    names, today = {"id": row.id, "zone": row.zone}, case.project.as_of
    if row.permitted is None or not row.permitted_by:
        message = N_("The connection {id} to {zone} names no permission: by whom, and on which day.", **names)
        yield _finding(row.zone, message, (row.id, "permission"), (row.span,))
    elif row.permitted > today:
        day = row.permitted.isoformat()
        message = N_(
            "The connection {id} to {zone} was permitted on {day}, after the day of the audit.", day=day, **names
        )
        yield _finding(row.zone, message, (row.id, "permission"), (row.span,))
    if row.until is not None and row.until < today:
        day = row.until.isoformat()
        message = N_("The permission of the connection {id} to {zone} ended on {day}.", day=day, **names)
        yield _finding(row.zone, message, (row.id, "end"), (row.span,))
    for profile in case.project.profiles:
        offices = profile.settings.connection_approvers if row.permitted_by else ()
        missing = [office for office in offices if not any(holds(by, office) for by in row.permitted_by)]
        if missing:
            message = N_(
                "The connection {id} to {zone} was permitted by {by}; nobody confirms that {missing} permitted it.",
                by=", ".join(row.permitted_by),
                missing=", ".join(missing),
                **names,
            )
            anchor = (row.id, "office", profile.name)
            yield _finding(
                row.zone, message, anchor, (row.span,), verdict=Verdict.ATTESTATION_NEEDED, profile=profile.name
            )


def _finding(
    zone: str,
    message: Text,
    anchor: tuple[str, ...],
    evidence: tuple[SourceSpan, ...],
    *,
    verdict: Verdict = Verdict.VIOLATES,
    profile: str = "",
) -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=verdict,
        message=message,
        anchor=(zone, *anchor),
        zones=(zone,),
        evidence=evidence,
        profile=profile,
        fix=N_("Have the connection permitted and enter that in the register, or take the connection down."),
    )


def _silent(case: Case, _: str) -> Text | None:
    if case.project.connections is None:
        return N_("The project has no register of external connections (connections).")
    return None


PLUGIN = Check(
    id="ZG140",
    name="external-connection",
    title="Every connection to an external network was permitted",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"static"}),
    why="A line to the outside that nobody permitted is one that nobody watches.",
    fix="Keep a register of external connections, each with who permitted it and when.",
    wants="The register of external connections (connections), with offices and days.",
    example=(
        "- {id: C-2, zone: juki}\n"
        "+ {id: C-2, zone: juki, permitted-by: [CISO, 統括情報セキュリティ責任者], permitted: 2026-04-01}"
    ),
    silent=_silent,
)
