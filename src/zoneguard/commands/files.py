"""parse: one exported file and what it means."""

from __future__ import annotations

from pathlib import Path

from zoneguard.console import Session, UsageProblem
from zoneguard.gate.verdict import Exit
from zoneguard.model.device import Concern
from zoneguard.model.text import N_
from zoneguard.parsers.reading import parser_named, read_source
from zoneguard.parsers.splitting import parse_source
from zoneguard.reports._values import dump
from zoneguard.reports.views.parsing import parsed_json, write_parsed

OUTPUT_FORMS = ("text", "json")


def parse(session: Session, path: Path, formats: tuple[str, ...], allow_undetermined: bool) -> int:
    """Show the model and the account of every line. ``formats``: a parser's name, a form of output, or both."""
    forms = [name for name in formats if name in OUTPUT_FORMS]
    names = [name for name in formats if name not in OUTPUT_FORMS]
    if len(forms) > 1 or len(names) > 1:
        raise UsageProblem(N_("--format may be given once for the input and once for the output"))
    parser = parser_named(names[0]) if names else None
    source = read_source(path, str(path))
    parsed = parse_source(source, path.stem, parser)
    if forms == ["json"]:
        session.write(dump(parsed_json(parsed.devices, parsed.account)))
    else:
        page = session.page()
        write_parsed(page, parsed.devices, parsed.account)
        session.write(page.encode())
    unclear = any(entry.concern is not Concern.OTHER for entry in parsed.account.not_understood)
    return Exit.UNDETERMINED if unclear and not allow_undetermined else Exit.CLEAN
