"""Developer's tool (``make locale``): collect every template of the code, update the catalogues, compile them.

Collected are the first arguments of ``N_(…)``, ``_(…)`` and ``Reason(…)``, both of ``plural(…)``; what plug-ins say of
themselves (``title``, ``why``, ``fix``, ``wants``, a check's docstring); and the reasons without places by which
parsers and the dynamic half account for lines and frames: sentences handed to a ledger or an error, held by a
constant, or (of parsers) values of a table. New templates are added without a translation: translate them in the
``.po`` file and run this again.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from zoneguard.locale import DOMAIN, LANGUAGES
from zoneguard.model.text import paragraphs

PACKAGE = Path(__file__).parent.parent
MARKERS = {"N_", "_", "Reason"}
PLUGINS = {"Check", "ContentFamily", "Parser", "Protocol", "ReportFormat"}
PLUGIN_TEXTS = {"title", "why", "fix", "wants"}
ACCOUNTING = {"parsers", "dynamic"}
HANDED = {
    "ignored", "not_understood", "ignore", "doubt", "doubts", "problem", "Doubt", "Misunderstood", "UnreadableError",
    "SyntaxProblemError", "undecided", "open", "opened", "report", "uncertain", "misread", "unreadable", "not_followed",
}  # fmt: skip
"""Functions that take a reason, with or without underscores around; errors that are one."""
NAMED = {"reason", "what", "why"}
"""Names of variables that hold one."""
SENTENCE = re.compile(r"[A-Za-z\"`-][\w,;:'\"`()/.+-]*( [\w,;:'\"`()/.+-]+)+")
_COMMENT = "# Messages of zoneguard. The msgid is the English template; keep every {place}."
_USELESS = tuple(
    f'"{name}' for name in ("Project-Id", "Report-Msgid", "POT-", "PO-Revision", "Last-T", "Language-Team", "Generated")
)


def templates() -> Catalog:
    """Every template of the code, each with the files that use it."""
    catalog = Catalog(project=DOMAIN, fuzzy=False)
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        reasons = _reasons(tree, file.parts[0] == "parsers") if file.parts[0] in ACCOUNTING else ()
        documentation = _documentation(tree) if file.parts[0] == "checks" else ()
        for text in (*_marked(tree), *_plurals(tree), *documentation, *reasons):
            catalog.add(text, locations=[(f"zoneguard/{file}", 1)])
    return catalog


def _marked(tree: ast.Module) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if name in MARKERS:
            yield from _texts(call.args[:1])
        elif name in PLUGINS:
            yield from _texts(k.value for k in call.keywords if k.arg in PLUGIN_TEXTS)


def _documentation(tree: ast.Module) -> tuple[str, ...]:
    """``Check.documentation`` of the check that the module holds."""
    holds = any(isinstance(node, ast.Call) and _name(node.func) == "Check" for node in ast.walk(tree))
    return paragraphs(ast.get_docstring(tree) or "")[1:] if holds else ()


def _plurals(tree: ast.Module) -> Iterator[tuple[str, ...]]:
    """Sentences with a form for one and a form for several."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) == "plural")
    yield from (tuple(_texts(call.args)) for call in calls)


def _reasons(tree: ast.Module, tables: bool) -> Iterator[str]:
    """Sentences that are handed to a ledger or an error, that a variable of a telling name holds, or (``tables``) the
    values of a table."""
    held: list[ast.expr] = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func).strip("_") in HANDED:
            held += node.args
        elif isinstance(node, ast.Assign) and any(_name(target) in NAMED for target in node.targets):
            held.append(node.value)
        elif tables and isinstance(node, ast.Dict):
            held += node.values
        elif isinstance(node, ast.Tuple) and node.elts and _name(getattr(node.elts[0], "value", node)) == "Concern":
            held += node.elts
    yield from (text for text in _texts(_choices(held)) if SENTENCE.fullmatch(text))


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _choices(nodes: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """The expressions, and those between which they choose."""
    for node in nodes:
        if isinstance(node, ast.IfExp):
            yield from _choices((node.body, node.orelse))
        elif isinstance(node, ast.BoolOp):
            yield from _choices(node.values)
        else:
            yield node


def _texts(nodes: Iterable[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
            yield node.value


def po_path(lang: str) -> Path:
    """The source of a catalogue."""
    return PACKAGE / "locale" / lang / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalogue(lang: str) -> Catalog:
    """The catalogue as it is written; empty where there is none yet."""
    path = po_path(lang)
    if not path.exists():
        return Catalog(locale=lang, domain=DOMAIN, fuzzy=False)
    with path.open("rb") as stream:
        return read_po(stream, locale=lang, domain=DOMAIN)


def update(lang: str) -> list[str]:
    """Write ``.po`` and ``.mo`` anew; returns the templates that have no translation yet."""
    catalogue = read_catalogue(lang)
    catalogue.update(templates(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = _COMMENT
    po_path(lang).parent.mkdir(parents=True, exist_ok=True)
    po_path(lang).write_bytes(_text(catalogue))
    with po_path(lang).with_suffix(".mo").open("wb") as stream:
        write_mo(stream, catalogue)
    return sorted(str(m.id) for m in catalogue if m.id and not translated(m))


def translated(message: Message) -> bool:
    """Whether it has its translation, in every form that the language has."""
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def _text(catalogue: Catalog) -> bytes:
    """The ``.po`` file without what changes between runs or says nothing."""
    stream = BytesIO()
    write_po(stream, catalogue, width=110, sort_output=True, include_lineno=False)
    lines = stream.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(_USELESS)).encode()


def main() -> int:
    """Update every catalogue; 1 where a translation is missing."""
    missing = [f"{lang}: {text}" for lang in LANGUAGES if lang != "en" for text in update(lang)]
    print("\n".join(missing) or "every template is translated", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
