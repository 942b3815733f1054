"""ZG201: mail reaches the LGWAN zone as text only.

Every mail that a capture shows on its way to a host of class ``lgwan``, sent (SMTP) or fetched (POP3, IMAP), whatever
its port, must hold ``text/plain`` and nothing else: no attachment, no HTML, no TNEF. A mail that was cut, damaged or
encrypted is undetermined, and so is every other session that nobody can read with a host of the text gateway or on a
port of mail. Mail between two hosts of the LGWAN side (the zone itself and its closed external networks) is not
content from the Internet and is left alone. Where a policy asks for both directions, a mail out of the LGWAN zone may
have attachments, but no hazard. Aspects: ``import``, ``export``.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import flow_key, key_of, many
from zoneguard.checks._shown import not_shown
from zoneguard.checks._transfers import IMPORT, MAIL, certain, members, part_text, taken_in
from zoneguard.checks._unread import unread, unread_matters, unseen_of
from zoneguard.inspection.unread import unrecognised
from zoneguard.model.addresses import format_address
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Transfer
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Method
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

PLAIN = frozenset({"text/plain", ""})


def _run(case: Case) -> Iterator[Finding]:
    for mail, direction in taken_in(case, PLUGIN.id):
        if mail.protocol not in MAIL or mail.parent or mail.refused:
            continue
        parts = members(case, mail)
        unclean = [p for p in parts if _unclean(p, direction)] or [p for p in (mail,) if p.hazards]
        if unclean:
            yield _finding(case, mail, unclean[0], Verdict.VIOLATES, _violation(unclean, direction), direction)
        elif not certain(mail, parts):
            yield _finding(case, mail, mail, Verdict.UNDETERMINED, _doubt([mail, *parts], direction), direction)
    yield from _unread_sessions(case)


def _unread_sessions(case: Case) -> Iterator[Finding]:
    """Sessions of mail that are not SMTP in clear, where some row allows them; other checks speak of the others."""
    told: set[tuple[str, ...]] = set()
    for session, direction in unread(case, Method.MAIL_TEXT):
        key = flow_key(session.flow)
        if session.protocol in MAIL or key in told or not case.asks(PLUGIN.id, direction):
            continue
        if case.allows(session.flow):
            told.add(key)
            yield _finding(case, session, session, Verdict.UNDETERMINED, _doubt([session], direction), direction)
    for direction, matter in unread_matters(case, Method.MAIL_TEXT, PLUGIN.id):
        key = key_of(matter)
        if key not in told:
            told.add(key)
            session = unrecognised(matter[0])
            found = _finding(case, session, session, Verdict.UNDETERMINED, _doubt([session], direction), direction)
            yield many(found, matter)


def _unseen(case: Case, aspect: str) -> Text | None:
    return unseen_of(case, Method.MAIL_TEXT, aspect) or not_shown(case, {ZoneClass.LGWAN})


def _unclean(part: Transfer, direction: str) -> bool:
    if part.hazards or direction != IMPORT:
        return bool(part.hazards)
    return part.kind == "attachment" or part.media_type not in PLAIN


def _violation(unclean: list[Transfer], direction: str) -> Text:
    parts = ", ".join(part_text(p) for p in unclean)
    if direction == IMPORT:
        return N_("A mail into the LGWAN zone carries more than text: {parts}.", parts=parts)
    return N_("A mail out of the LGWAN zone carries hazards: {parts}.", parts=parts)


def _doubt(parts: list[Transfer], direction: str) -> Text:
    reason = next((p.reason for p in parts if p.reason), "")
    if direction == IMPORT:
        return N_("Whether a mail into the LGWAN zone is text only cannot be said: {reason}", reason=reason)
    return N_("Whether a mail out of the LGWAN zone is free of hazards cannot be said: {reason}", reason=reason)


def _finding(case: Case, mail: Transfer, subject: Transfer, verdict: Verdict, message: Text, direction: str) -> Finding:
    flow = mail.flow
    zones = [case.project.zones.of(a) for a in (flow.src, flow.dst)]
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=verdict,
        message=message,
        anchor=(format_address(flow.src), format_address(flow.dst), str(flow.dport), subject.sha256 or subject.key),
        zones=tuple(z.name if z else "" for z in zones),
        evidence=tuple(subject.frames or mail.frames) or (flow.first,),
        flow=flow,
        transfer=subject,
        aspect=direction,
        fix=N_("Find out why the text gateway let it pass (fail-open, a second route), and quarantine the mail."),
    )


PLUGIN = Check(
    id="ZG201",
    name="mail-text",
    title="Mail reaches the LGWAN zone as text only",
    severity=Severity.CRITICAL,
    run=_run,
    aspects=frozenset({"import", "export"}),
    needs=frozenset({"dynamic"}),
    why="An attachment or HTML that reaches an LGWAN terminal is the usual way in for malware.",
    fix="Make the text gateway fail closed, and route all mail through it.",
    wants="Captures on both legs of the mail sanitizer, in clear.",
    example="- Content-Type: multipart/mixed; filename=hojokin.docm\n+ Content-Type: text/plain",
    unseen=_unseen,
)
