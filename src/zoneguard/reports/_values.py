"""Model values as plain JSON values. Keys are part of the published shape: add, never rename."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from zoneguard.model.addresses import format_address, format_addresses, format_mac
from zoneguard.model.crossing import Hop
from zoneguard.model.device import LineAccount, Misunderstood
from zoneguard.model.findings import Row
from zoneguard.model.flows import CaptureAccount, Transfer
from zoneguard.model.packet import PROTOCOL_NAMES, Packet
from zoneguard.model.project import Allowance, Endpoint, ExceptionEntry
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.text import Text
from zoneguard.reports._words import Translate

Json = dict[str, Any]


def dump(value: object) -> bytes:
    """JSON as every command writes it: readable, UTF-8, a line end at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def moment(time: float) -> str:
    """ISO 8601, UTC, microseconds."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def protocol_text(number: int) -> str:
    """``tcp``; the number where it has no usual name."""
    return PROTOCOL_NAMES.get(number, str(number))


def evidence(span: SourceSpan | CaptureSpan) -> Json:
    """A line of a configuration, or a frame of a capture."""
    if isinstance(span, SourceSpan):
        return {"file": span.file, "line": span.first, "last_line": span.last}
    return {"capture": span.file, "frame": span.frame, "time": moment(span.time)}


def row(value: Row) -> Json:
    """A row of packets."""
    return {
        "source": value.source,
        "destination": value.destination,
        "protocol": value.protocol,
        "ports": value.ports,
    }


def packet(value: Packet) -> Json:
    """A witness packet; ports or ICMP type and code as its protocol has them."""
    out: Json = {
        "src": format_address(value.src),
        "dst": format_address(value.dst),
        "proto": protocol_text(value.proto),
    }
    if value.proto in (1, 58):
        out |= {"icmp_type": value.icmp >> 8, "icmp_code": value.icmp & 255}
    elif value.sport or value.dport:
        out |= {"sport": value.sport, "dport": value.dport}
    if value.mac:
        out["mac"] = format_mac(value.mac)
    return out


def hop(value: Hop) -> Json:
    """A forwarding context on a path."""
    return {
        "device": value.device,
        "context": value.vrf,
        "in": value.ingress,
        "out": value.egress,
        "evidence": [evidence(line) for line in value.lines],
    }


def transfer(value: Transfer, translate: Translate) -> Json:
    """Content that a flow carried: metadata and hashes, never the content; personal facts where they were asked for."""
    return {
        "protocol": value.protocol,
        "kind": value.kind,
        "direction": "to_responder" if value.to_responder else "to_originator",
        "certainty": value.certainty.value,
        "reason": value.reason.render(translate) if isinstance(value.reason, Text) else value.reason,
        "name": value.name,
        "media_type": value.media_type,
        "size": value.size,
        "sha256": value.sha256,
        "hazards": [{"kind": h.kind, "where": h.where, "detail": h.detail} for h in value.hazards],
        "frames": [frame.frame for frame in value.frames],
        "capture": value.frames[0].file if value.frames else value.flow.first.file,
        **({"personal": [{"fact": name, "value": said} for name, said in value.facts]} if value.facts else {}),
    }


def endpoint(value: Endpoint) -> Json:
    """One side of an allowance or exception."""
    return {"name": value.name, "addresses": format_addresses(value.addresses)}


def allowance(value: Allowance) -> Json:
    """A row of ``allow``."""
    return {
        "id": value.id,
        "from": endpoint(value.source),
        "to": endpoint(value.destination),
        "services": [service.text for service in value.services],
        "purpose": value.purpose,
        "via": list(value.via),
        "clauses": list(value.clauses),
        "evidence": evidence(value.span),
    }


def exception(value: ExceptionEntry) -> Json:
    """A row of the exception register; dates as ``2026-04-01`` or null."""
    return {
        "id": value.id,
        "from": endpoint(value.source),
        "to": endpoint(value.destination),
        "services": [service.text for service in value.services],
        "macs": [format_mac(mac) for mac in value.macs],
        "purpose": value.purpose,
        "applicant": value.applicant,
        "approver": value.approver,
        "approved": value.approved.isoformat() if value.approved else None,
        "expires": value.expires.isoformat() if value.expires else None,
        "peer_internet": value.peer_internet.value,
        "emergency": value.emergency,
        "reported": value.reported.isoformat() if value.reported else None,
        "clauses": list(value.clauses),
        "evidence": evidence(value.span),
    }


def misunderstood(value: Misunderstood) -> Json:
    """A line that was not understood."""
    return {
        **evidence(value.span),
        "text": value.text,
        "reason": value.reason,
        "concern": value.concern.value,
        "bounded": value.bounded,
    }


def line_account(value: LineAccount) -> Json:
    """What became of every line of one input."""
    return {
        "file": value.file,
        "format": value.format,
        "total": value.total,
        "understood": value.understood,
        "ignored": dict(sorted(value.ignored.items())),
        "not_understood": [misunderstood(m) for m in value.not_understood],
    }


def capture_account(value: CaptureAccount) -> Json:
    """What became of every frame of one capture."""
    return {
        "capture": value.file,
        "frames": value.frames,
        "decoded": value.decoded,
        "without_ip": dict(sorted(value.without_ip.items())),
        "skipped": dict(sorted(value.skipped.items())),
        "truncated": value.truncated or None,
        "core": value.core,
    }
