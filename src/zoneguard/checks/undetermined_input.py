"""ZG401: what could not be read is said.

A line of a configuration that may change what is forwarded and was not understood, a device or an interface that stands
on no known wire, a link to an interface that is not there, a router between others without a route, a zone whose class
is a guess, that attaches to no device or of which a prefix does not, packets between zones that go round in a circle, a
set of packets that outgrew the engine, a frame that could not be decoded, a capture that was cut short or shows nothing
of the zone in which it was taken, an encrypted tunnel that no row of ``allow`` names: each bounds what the other checks
can say, and none is passed over. What is wrong with configurations bounds no check that looks at captures alone, and
the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.checks import Case, Check
from zoneguard.checks._rendering import sample
from zoneguard.checks._tunnels import closed_tunnels
from zoneguard.model.addresses import format_prefix
from zoneguard.model.findings import Finding
from zoneguard.model.match import Field
from zoneguard.model.packet import Packet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.text import N_, Text, as_reason
from zoneguard.model.zones import ZoneClass
from zoneguard.static.compiled import Loop
from zoneguard.static.gaps import placeless, routeless, unplaced, unreached

FREE = frozenset({ZoneClass.PUBLIC, ZoneClass.OUT_OF_SCOPE, ZoneClass.OTHER})
"""Classes of zones that need not attach: nothing is claimed of them."""
PARTED = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN, ZoneClass.INTERNET})
HARMLESS = frozenset({"not IP"})
"""Reasons to skip a frame that say nothing is missing."""

LOOP_FIX = N_("Correct the routes, or give the routing tables of the devices.")
ROUTES_FIX = N_("Give the routing table of the device with `routes:`, its addresses among it.")
PLACE_FIX = N_("Give the routing table of the device with `routes:`, or say with `links:` what it is connected to.")
LINK_FIX = N_("Write the name of the interface as zoneguard parse shows it.")
GUESS_FIX = N_("Write the class that the zone has, and take `guessed` away.")
MASK_FIX = N_("Write masks with gaps as prefixes or ranges, and divide very large groups.")


def _run(case: Case) -> Iterator[Finding]:
    yield from _lines(case)
    yield from _devices(case)
    yield from _links(case)
    yield from _guessed(case)
    yield from _zones(case)
    yield from _loops(case)
    yield from _refused(case)
    yield from _frames(case)
    yield from _mute(case)
    yield from closed_tunnels(case, PLUGIN.id, PLUGIN.severity)


def _finding(
    message: Text, evidence: tuple[SourceSpan | CaptureSpan, ...], *anchor: str, about: str = "static"
) -> Finding:
    """``about``: the half of the checks that it bounds, ``static`` or ``dynamic``; empty: both."""
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.UNDETERMINED,
        message=message,
        anchor=anchor,
        evidence=evidence,
        aspect=about,
        fix=N_("Complete or correct the input; zoneguard parse and zoneguard flows show what was read."),
    )


def _lines(case: Case) -> Iterator[Finding]:
    for device in case.static.devices if case.static else ():
        for entry in device.uncertain:
            if not entry.bounded:
                yield _finding(
                    N_(
                        "{device}: a line that may change {concern} is not understood ({reason}): {text}",
                        device=device.name,
                        concern=entry.concern.value,
                        reason=as_reason(entry.reason),
                        text=entry.text,
                    ),
                    (entry.span,),
                    device.name,
                    entry.text,
                )


def _devices(case: Case) -> Iterator[Finding]:
    if case.static is None:
        return
    topology = case.static.network.topology
    for device in placeless(topology):
        message = N_(
            "{device}: no interface that is up has an address: where it stands, and what it passes, is not known.",
            device=device.name,
        )
        yield replace(_finding(message, (device.span,), device.name, "placeless"), fix=ROUTES_FIX)
    for context, name in unplaced(topology):
        message = N_(
            "{device}: the network gives {interface} its address; whether it stands beside another device of the "
            "project is not known.",
            device=str(context),
            interface=name,
        )
        span = topology.interface(context, name).span
        yield replace(_finding(message, (span,), *context.key, name, "unplaced"), fix=PLACE_FIX)
    for context in routeless(topology):
        message = N_(
            "{device} holds no route, and stands between others: what it gets for further networks is not known.",
            device=str(context),
        )
        yield replace(_finding(message, (context.device.span,), *context.key, "routeless"), fix=ROUTES_FIX)


def _links(case: Case) -> Iterator[Finding]:
    known = {(d.name, interface.name) for d in case.static.devices for interface in d.interfaces} if case.static else ()
    for link in case.project.links if case.static else ():
        for device, name in (link.a, link.b):
            if (device, name) not in known:
                message = N_(
                    "{device} has no interface {interface} that a link could join: the wire is not followed.",
                    device=device,
                    interface=name,
                )
                yield replace(_finding(message, (link.span,), device, name, "link"), fix=LINK_FIX)


def _guessed(case: Case) -> Iterator[Finding]:
    for zone in case.project.zones:
        if zone.guessed:
            message = N_(
                "The class of the zone {zone} ({kind}) is a guess: what is asked of its class is not decided.",
                zone=zone.name,
                kind=zone.zone_class.value,
            )
            yield replace(_finding(message, (zone.span,), zone.name, "guessed", about=""), fix=GUESS_FIX)


def _zones(case: Case) -> Iterator[Finding]:
    if case.static is None:
        return
    topology = case.static.network.topology
    for zone in case.project.zones:
        missing = () if zone.zone_class in FREE else tuple(unreached(topology, zone))
        if len(missing) == len(zone.prefixes):
            yield _finding(
                N_("The zone {zone} attaches to no device: nothing can be said of its paths.", zone=zone.name),
                (zone.span,),
                zone.name,
            )
        elif missing:
            prefixes = ", ".join(format_prefix(*prefix) for prefix in missing)
            yield _finding(
                N_(
                    "No device has a way to {prefixes} of the zone {zone}: nothing can be said of the paths there.",
                    prefixes=prefixes,
                    zone=zone.name,
                ),
                (zone.span,),
                zone.name,
                prefixes,
            )


def _loops(case: Case) -> Iterator[Finding]:
    """Circles that hold packets between two zones that something is claimed of, one finding for each circle."""
    if case.static is None:
        return
    closed = {z.name for z in case.project.zones if z.zone_class not in FREE}
    found: set[tuple[str, str, tuple[str, ...]]] = set()
    for loop in case.static.network.loops if closed else ():
        devices = tuple(dict.fromkeys(hop.device for hop in loop.hops))
        for zone in sorted(closed - {loop.zone}) if loop.zone in closed else ():
            key = (loop.zone, zone, devices)
            towards = case.space.field(Field.DST, case.project.zones.addresses(zone))
            if key not in found and loop.packets & towards:
                found.add(key)
                yield _loop(loop, zone, devices, sample(loop.packets & towards))


def _loop(loop: Loop, zone: str, devices: tuple[str, ...], witness: Packet) -> Finding:
    message = N_(
        "Packets from {source} to {destination} go round in a circle and never arrive: {devices} ({witness}).",
        source=loop.zone,
        destination=zone,
        devices=" → ".join((*devices, devices[0])),
        witness=str(witness),
    )
    finding = _finding(message, (), loop.zone, zone, *devices)
    return replace(finding, zones=(loop.zone, zone), path=loop.hops, witness=witness, fix=LOOP_FIX)


def _refused(case: Case) -> Iterator[Finding]:
    for refusal in dict.fromkeys(case.static.network.refused) if case.static else ():
        message = N_(
            "Sessions from {source} could not be followed to their end{place}: {cause}.",
            source=refusal.source,
            place=N_(" ({place})", place=refusal.place) if refusal.place else "",
            cause=refusal.cause,
        )
        if refusal.destination:
            message = N_(
                "Sessions from {source} to {destination} could not be compared or split by rules{place}: {cause}.",
                source=refusal.source,
                destination=refusal.destination,
                place=N_(" ({place})", place=refusal.place) if refusal.place else "",
                cause=refusal.cause,
            )
        finding = _finding(message, (), refusal.source, refusal.destination, refusal.place, refusal.cause.template)
        yield replace(finding, fix=MASK_FIX)


def unfinished(check: Check, cause: Text) -> Finding:
    """That ``check`` could not come to its end: it found what it told before, and may have missed more."""
    return Finding(
        check=check.id,
        severity=check.severity,
        verdict=Verdict.UNDETERMINED,
        message=N_("{check} could not come to its end: {cause}.", check=check.id, cause=cause),
        anchor=("unfinished",),
        fix=MASK_FIX,
    )


def _frames(case: Case) -> Iterator[Finding]:
    for account in case.dynamic.accounts if case.dynamic else ():
        if account.truncated:
            yield _finding(
                N_("{file}: the capture was read up to a cut: {where}", file=account.file, where=account.truncated),
                (CaptureSpan(account.file, account.frames, 0.0),),
                account.file,
                "truncated",
                about="dynamic",
            )
        missing = {reason: n for reason, n in account.skipped.items() if reason not in HARMLESS and n}
        if missing:
            text = ", ".join(f"{reason}: {n}" for reason, n in sorted(missing.items()))
            yield _finding(
                N_("{file}: frames that could not be decoded ({reasons}).", file=account.file, reasons=text),
                (CaptureSpan(account.file, 0, 0.0),),
                account.file,
                *sorted(missing),
                about="dynamic",
            )


def _mute(case: Case) -> Iterator[Finding]:
    """The zones that are to be kept apart of which their own captures show nothing: empty ones, or taken elsewhere."""
    traffic = case.traffic
    files: dict[str, list[str]] = {}
    for file, entry in case.dynamic.points.items() if case.dynamic else ():
        files.setdefault(entry.zone, []).append(file)
    for number, zone in enumerate(traffic.zones) if traffic is not None else ():
        if zone.name not in files or zone.zone_class not in PARTED:
            continue
        assert traffic is not None
        ends = (traffic.source == number) | (traffic.target == number)
        if not (ends & (traffic.point == number)).any():
            yield _finding(
                N_("The captures that were taken in {zone} show no packet of it: {files}.",
                   zone=zone.name, files=", ".join(files[zone.name])),
                tuple(CaptureSpan(file, 0, 0.0) for file in files[zone.name]),
                zone.name,
                "mute",
                about="dynamic",
            )  # fmt: skip


PLUGIN = Check(
    id="ZG401",
    name="undetermined-input",
    title="Everything that matters was read",
    severity=Severity.INFO,
    run=_run,
    why="What was not read may hold the opposite of what the rest says.",
    fix="Give the complete and current export, or a whole capture.",
    wants="Complete exports, with routing tables.",
    example="- -m geoip --source-country JP\n+ -s 10.20.0.0/16",
)
