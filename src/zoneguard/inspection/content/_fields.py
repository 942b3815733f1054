"""Fields of Word and links of Excel that start programs or fetch content (ECMA-376 part 1, 17.16 and 18.14)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.inspection.content._tables import formula_hazard
from zoneguard.inspection.content._xml import elements, local
from zoneguard.model.flows import Hazard

_DDE = re.compile(r'(?i)^[\s"]*DDE(AUTO)?\b')
_FETCH = re.compile(r"(?i)^\s*(INCLUDETEXT|INCLUDEPICTURE|IMPORT|RD)\b.*(://|\\\\\\\\|\\\\[a-z0-9])")
_ACTION = re.compile(r"(?i)^ppaction://(?:program|macro|ole)\b")
_QUOTE = re.compile(r"(?i)^\s*QUOTE\s+((?:\d{1,5}\s+)*\d{1,5})\s*$")
MAX_COMMAND = 4096


def field_hazards(data: bytes, where: str) -> Iterator[Hazard]:
    """Hazards of the fields and links of one XML part. Raises ``UnreadableError``."""
    for command in _commands(data):
        if _DDE.match(command):
            yield Hazard("dde", where, command.strip()[:200])
        elif _FETCH.match(command):
            yield Hazard("external-relationship", where, command.strip()[:200])
        elif _ACTION.match(command):
            yield Hazard("program-action", where, command.strip()[:200])
        elif command.startswith("="):
            yield from formula_hazard(command, where)


def _commands(data: bytes) -> Iterator[str]:
    """Every field's instruction, put together from its runs; nested fields first, their results put into the outer."""
    stack = [""]
    for element in elements(data):
        tag = local(element.tag)
        if tag == "instrText":
            stack[-1] = (stack[-1] + (element.text or ""))[:MAX_COMMAND]
        elif tag == "fldSimple":
            yield next((v for k, v in element.attrib.items() if local(k) == "instr"), "")
        elif tag == "f":
            yield f"={element.text or ''}"
        elif tag in ("hlinkClick", "hlinkMouseOver", "hlinkHover"):
            yield element.get("action", "")
        elif tag == "ddeLink":
            yield f"DDE {element.get('ddeService', '')}|{element.get('ddeTopic', '')}"
        elif tag == "fldChar":
            kind = next((v for k, v in element.attrib.items() if local(k) == "fldCharType"), "")
            if kind == "begin" and len(stack) < 100:
                stack.append("")
            elif kind == "end" and len(stack) > 1:
                command = stack.pop()
                yield command
                stack[-1] = (stack[-1] + _result(command))[:MAX_COMMAND]
    yield from stack


def _result(command: str) -> str:
    """What a nested field puts into the outer one; ``QUOTE`` spells characters by their numbers."""
    match = _QUOTE.match(command)
    return "".join(chr(int(n)) for n in match.group(1).split() if int(n) < 0xD800) if match else command
