"""matrix --ruleset: who may reach whom by one ruleset."""

from __future__ import annotations

from pathlib import Path

from zoneguard.collector import paused_collector
from zoneguard.console import Session, UsageProblem
from zoneguard.model.device import Device, RuleList, Vrf
from zoneguard.model.errors import InputError
from zoneguard.model.text import N_
from zoneguard.parsers.reading import read_source
from zoneguard.parsers.splitting import parse_source
from zoneguard.reports._values import dump
from zoneguard.reports.views import services as view
from zoneguard.static.services import Reading, asked_addresses, find_list, parse_service, service_matrix


@paused_collector()
def show_service_matrix(
    session: Session,
    project: Path | None,
    ruleset: Path | None,
    chain: str | None,
    service: str | None,
    exact: bool,
    spoofed: bool,
    intrazone: bool,
    form: str,
) -> int:
    """Classes of addresses and the permitted edges between them."""
    if project is not None or ruleset is None or chain is None or service is None:
        raise UsageProblem(N_("a service matrix takes --ruleset, --chain and --service, and no project"))
    if spoofed:
        raise UsageProblem(N_("--spoofed is for projects: a ruleset is asked for every source address anyway"))
    if intrazone:
        raise UsageProblem(N_("--intrazone is for projects: a ruleset knows no zones"))
    try:
        asked = parse_service(service)
    except ValueError:
        problem = N_("{service} is no service: write a protocol with ports and a port, as tcp/22", service=service)
        raise UsageProblem(problem) from None
    source = read_source(ruleset, str(ruleset))
    device, vrf, rules = _find(parse_source(source, ruleset.stem).devices, chain, str(ruleset))
    reading = Reading.TOGETHER if exact else Reading.APART
    matrix = service_matrix(vrf.lists, rules, asked, asked_addresses(vrf, rules), reading)
    if form == "json":
        session.write(dump(view.matrix_json(matrix, device.uncertain)))
    else:
        page = session.page()
        view.write_matrix(page, matrix, f"{rules.name} {asked}", device.uncertain)
        session.write(page.encode())
    return 0


def _find(devices: tuple[Device, ...], chain: str, file: str) -> tuple[Device, Vrf, RuleList]:
    for device in devices:
        for vrf in device.vrfs:
            try:
                return device, vrf, find_list(vrf, chain)
            except KeyError:
                continue
    known = sorted({name.rpartition("/")[2] for device in devices for vrf in device.vrfs for name in vrf.lists})
    message = N_("no chain is called {name}; known: {names}", name=chain, names=", ".join(known[:20]))
    raise InputError(message, file)
