"""trace: one packet, hop by hop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zoneguard import audit
from zoneguard.audit.inputs import joined
from zoneguard.commands.projects import load
from zoneguard.console import Session, UsageProblem
from zoneguard.gate.verdict import Exit
from zoneguard.loading import values
from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.match import ICMP_PROTOCOLS, PORT_PROTOCOLS, SYN, Field
from zoneguard.model.packet import Packet
from zoneguard.model.progress import Step
from zoneguard.model.text import N_
from zoneguard.reports._values import dump
from zoneguard.reports.views.tracing import write_trace
from zoneguard.static.answering import with_answer
from zoneguard.static.trace import Disposition, Tracer, to_json

TCP = 6
ECHO_V4, ECHO_V6 = 8 << 8, 128 << 8


@dataclass(frozen=True, slots=True)
class Given:
    """The packet as the options say it."""

    source: str
    destination: str
    proto: str
    dport: int | None
    sport: int | None
    icmp: str | None
    mac: str | None

    @property
    def unspecified(self) -> frozenset[Field]:
        """The fields that may have any value."""
        open_fields = {Field.SPORT: self.sport, Field.MAC: self.mac}
        return frozenset(field for field, value in open_fields.items() if value is None)


def trace(session: Session, path: Path | None, given: Given, form: str, allow_undetermined: bool) -> int:
    """Follow the packet through the project's devices."""
    packet = packet_of(given)
    project = load(path)
    with session.progress() as progress:
        progress(Step(N_("configurations")))
        devices, _accounts, _files = audit.load_devices(project)
        tracer = Tracer(devices, joined(project, devices))
        result = with_answer(tracer.trace(packet, unspecified=given.unspecified), tracer, given.unspecified)
    if form == "json":
        session.write(dump(to_json(result, session.translate, given.unspecified)))
    else:
        page = session.page()
        write_trace(page, result, given.unspecified)
        session.write(page.encode())
    undetermined = result.disposition is Disposition.UNDETERMINED and not allow_undetermined
    return Exit.UNDETERMINED if undetermined else Exit.CLEAN


def packet_of(given: Given) -> Packet:
    """The first packet of a session. Raises ``UsageProblem``."""
    try:
        src, dst = parse_address(given.source), parse_address(given.destination)
        number = values.protocol(given.proto)
        default = ECHO_V4 if src < V6 else ECHO_V6
        icmp = values.icmp(given.icmp, given.icmp).first if given.icmp else default
        mac = values.mac(given.mac) if given.mac else 0
    except values.FieldError as error:
        raise UsageProblem(error.text) from None
    except ValueError as error:
        raise UsageProblem(N_("not an address: {problem}", problem=str(error))) from None
    if (src < V6) != (dst < V6):
        raise UsageProblem(N_("one address is IPv4, the other IPv6"))
    if number in PORT_PROTOCOLS and given.dport is None:
        raise UsageProblem(N_("{protocol} needs --dport", protocol=given.proto))
    if number not in PORT_PROTOCOLS and (given.dport, given.sport) != (None, None):
        raise UsageProblem(N_("{protocol} has no ports", protocol=given.proto))
    if number not in ICMP_PROTOCOLS and given.icmp:
        raise UsageProblem(N_("{protocol} has no ICMP type", protocol=given.proto))
    return Packet(
        src,
        dst,
        number,
        given.sport or 0,
        given.dport or 0,
        icmp=icmp if number in ICMP_PROTOCOLS else 0,
        flags=SYN if number == TCP else 0,
        mac=mac,
    )
