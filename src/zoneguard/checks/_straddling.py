"""Hosts of the project with addresses in two zones that are to be kept apart: no modelled device is asked about what
such a host hands on from the one to the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.checks import Case
from zoneguard.checks._policy import kept_apart, separates
from zoneguard.model.addresses import format_addresses
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Host
from zoneguard.model.text import N_

ONE_MACHINE = 16
"""Addresses under one name that may still be those of one machine; more are a group."""


def straddling(case: Case, check: str, severity: Severity, pairs: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Findings, undetermined, for those of the ordered ``pairs`` of zones that are kept apart. A host of a sanitizer
    stands between the LGWAN zone and the Internet side as it should."""
    homes = [(host, _zones(case, host)) for host in case.project.hosts.values() if host.addresses.size <= ONE_MACHINE]
    several = [(host, zones) for host, zones in homes if len(zones) > 1]
    sanitizers = {host.name for sanitizer in case.project.sanitizers for host in sanitizer.hosts}
    for pair in pairs if several else ():
        source, destination = (case.project.zones[name].zone_class for name in pair)
        for host, zones in several if kept_apart(source, destination) else ():
            if zones >= set(pair) and not (host.name in sanitizers and separates(source, destination)):
                yield _finding(case, check, severity, host, pair)


def _zones(case: Case, host: Host) -> set[str]:
    """The zones that hold some address of the host."""
    addresses = (address for low, high in host.addresses.spans for address in range(low, high + 1))
    return {zone.name for zone in map(case.project.zones.of, addresses) if zone}


def _finding(case: Case, check: str, severity: Severity, host: Host, pair: tuple[str, str]) -> Finding:
    source, destination = pair
    return Finding(
        check=check,
        severity=severity,
        verdict=Verdict.UNDETERMINED,
        message=N_(
            "The host {host} has addresses in {source} and in {destination} ({addresses}): whether it hands on what it "
            "gets from {source} is not known.",
            host=host.name,
            source=source,
            destination=destination,
            addresses=", ".join(format_addresses(host.addresses)),
        ),
        aspect=case.project.zones[source].zone_class,
        anchor=("straddling", host.name, *pair),
        zones=pair,
        evidence=(host.span,),
        fix=N_(
            "Take it out of one of the two; declare it under `sanitizers` if that is what it is; write several "
            "machines under names of their own."
        ),
    )
