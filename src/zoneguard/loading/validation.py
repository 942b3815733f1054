"""A document against its model: every error in words, with its place, and as much of the model as is sound."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from zoneguard.loading.document import Document, Path
from zoneguard.loading.values import FieldError, near
from zoneguard.model.errors import InputError
from zoneguard.model.text import N_, Text

M = TypeVar("M", bound=BaseModel)
MARK = "zoneguard"
"""The key with the version of a file's format begins so: ``zoneguard``, ``zoneguard-baseline`` and so on."""


def validate(kind: type[M], document: Document) -> tuple[M | None, list[InputError], frozenset[Path]]:
    """The model, the errors, and the paths of the entries that were left out because of them.

    An unknown key costs only itself, any other error the whole entry (``zones.lgwan``, the third of ``allow``), which
    is taken out of ``document``. ``None`` where even the rest is no model; where it is a file of another kind, that is
    the only error.
    """
    other = _other_kind(kind, document)
    if other is not None:
        return None, [other], frozenset({()})
    try:
        return kind.model_validate(document.root.plain()), [], frozenset()
    except ValidationError as error:
        found = [e for e in error.errors() if not (e["type"] == "too_short" and e["input"])]
    errors = [_input_error(kind, document, e) for e in found]
    cut = frozenset(e["loc"] if e["type"] == "extra_forbidden" else e["loc"][:2] for e in found)
    if () in cut:  # the file holds no mapping at all
        return None, errors, cut
    document.prune(cut)
    try:
        return kind.model_validate(document.root.plain()), errors, cut
    except ValidationError:
        return None, errors, cut


def _other_kind(kind: type[BaseModel], document: Document) -> InputError | None:
    """The error that the file is one of zoneguard's, and not of this kind: its kind is the key of its version."""
    mark = next((name for name in _keys_at(kind, ()) if name.startswith(MARK)), MARK)
    found = [key for key in document.root.keys if key.startswith(MARK)]
    if not found or mark in found:
        return None
    said = N_("this is a file with `{found}:`; here one with `{expected}:` is meant", found=found[0], expected=mark)
    return document.error((found[0],), said, of_key=True)


def _input_error(kind: type[BaseModel], document: Document, error: ErrorDetails) -> InputError:
    path = error["loc"]
    if error["type"] == "extra_forbidden":
        name = str(path[-1])
        known = _keys_at(kind, path[:-1])
        return document.error(
            path, N_("the key `{key}` is not known; {hint}", key=name, hint=near(name, known)), of_key=True
        )
    if error["type"] == "missing":
        return document.error(path[:-1], problem_of(error), of_key=True)
    return document.error(path, problem_of(error))


def problem_of(error: ErrorDetails) -> Text:
    """What is wrong, whatever the place."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, FieldError):
        return cause.text
    kind, found = error["type"], error["input"]
    if kind == "missing":
        return N_("the key `{key}` is missing", key=str(error["loc"][-1]))
    if kind == "extra_forbidden":
        return N_("the key `{key}` is not known", key=str(error["loc"][-1]))
    if kind == "too_short":
        return N_("at least one is needed here")
    if kind == "tuple_type":
        return N_("a list is expected here, each entry after a dash")
    if kind in ("model_type", "dict_type") and found is None:
        return N_("this is empty; a mapping is expected, as `key: value`")
    if kind in ("model_type", "dict_type"):
        return N_("a mapping is expected here, as `key: value`")
    return N_("not possible here: {problem}", problem=error["msg"])


def _keys_at(kind: type[BaseModel], path: Path) -> list[str]:
    """The keys that the mapping at ``path`` may have."""
    at: Any = kind
    for step in path:
        if isinstance(at, type) and issubclass(at, BaseModel):
            at = next(f.annotation for n, f in at.model_fields.items() if (f.alias or n) == step)
        else:
            at = get_args(at)[1 if get_origin(at) is dict else 0]
        at = _bare(at)
    return [field.alias or name for name, field in at.model_fields.items()]


def _bare(annotation: Any) -> Any:
    """Less ``Annotated`` and ``| None``."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    models = [a for a in get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
    return models[0] if type(None) in get_args(annotation) and models else annotation
