"""A trace as JSON: the stable shape that other programs read."""

from __future__ import annotations

from collections.abc import Callable

from zoneguard.model.addresses import format_address
from zoneguard.model.match import Field
from zoneguard.model.spans import SourceSpan
from zoneguard.static._trace_packet import ADDRESS_FIELDS, format_values
from zoneguard.static._trace_result import Hop, Trace
from zoneguard.static._trace_session import answered

Json = dict[str, object]


def to_json(trace: Trace, translate: Callable[[str], str] = str, unspecified: frozenset[Field] = frozenset()) -> Json:
    """The object that ``docs/reference/json-report.md`` describes; its sentences in the language of ``translate``.

    ``unspecified``: the fields that could have any value, by which the packet was followed.
    """
    out: Json = {
        "disposition": trace.disposition.value,
        "apparent": trace.apparent.value,
        "reason": trace.reason.render(translate),
        "packet": trace.packet.text(unspecified),
        "any": sorted(field.value for field in unspecified),
        "arrived": trace.arrived.text(unspecified) if trace.arrived is not None else None,
        "entry": None,
        "hops": [_hop(hop) for hop in trace.hops],
        "doubts": [{"what": d.what.render(translate), **(_lines(d.span) if d.span else {})} for d in trace.doubts],
    }
    if trace.answer is not None:
        back = trace.answer
        out["answer"] = {
            "disposition": back.disposition.value,
            "reason": back.reason.render(translate),
            "packet": back.packet.text(answered(unspecified)),
            "hops": [_hop(hop) for hop in back.hops],
        }
    if trace.entry is not None:
        out["entry"] = {"device": trace.entry.device, "context": trace.entry.vrf, "in": trace.entry.interface}
    if len(trace.walks) > 1:
        out["walks"] = [
            {
                "disposition": w.disposition.value,
                "reason": w.reason.render(translate),
                "hops": [_hop(hop) for hop in w.hops],
            }
            for w in trace.walks
        ]
    if trace.alternatives:
        out["alternatives"] = [to_json(t, translate, unspecified) for t in trace.alternatives]
    return out


def _hop(hop: Hop) -> Json:
    out: Json = {
        "device": hop.device,
        "context": hop.context,
        "in": hop.ingress,
        "out": hop.egress,
        "action": hop.action,
        "evidence": _lines(hop.deciding.span),
        "rewritten": {f.value: [_value(f, old), _value(f, new)] for f, old, new in hop.rewritten},
        "lines": [
            {"kind": d.kind, "name": d.name, **_lines(d.span), "via": [_lines(span) for span in d.via]}
            for d in hop.decisions
        ],
    }
    if hop.pools:
        out["pools"] = {f.value: format_values(f, values) for f, values in hop.pools}
    return out


def _lines(span: SourceSpan) -> Json:
    return {"file": span.file, "line": span.first, "last": span.last}


def _value(field: Field, value: int) -> str | int:
    return format_address(value) if field in ADDRESS_FIELDS else value
