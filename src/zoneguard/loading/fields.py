"""Field types and the base of every YAML model: unknown keys are refused, keys are written with dashes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetJsonSchemaHandler, PlainValidator, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from zoneguard.loading import values
from zoneguard.model.intervals import Intervals
from zoneguard.model.project import ServiceSpec
from zoneguard.model.text import N_

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class Entry(BaseModel):
    """A mapping of the file."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.strip("_").replace("_", "-")
    )


class _OneOrMany:
    """In the JSON Schema a single value may stand for a list of one."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        return {"anyOf": [schema["items"], schema]}


def _one_as_many(value: Any) -> Any:
    return [] if value is None else [value] if isinstance(value, str) else value


def _nothing_as_empty(empty: Callable[[], Any]) -> Callable[[Any], Any]:
    return lambda value: empty() if value is None else value


def one_of(kind: type[E]) -> tuple[PlainValidator, WithJsonSchema]:
    """The annotations of a field that holds a member of ``kind``."""
    known = [member.value for member in kind]

    def validate(value: object) -> E:
        text = values.as_text(value)
        if text not in known:
            hint = values.near(text, known)
            raise values.FieldError(N_("`{value}` is not possible here; {hint}", value=text, hint=hint))
        return kind(text)

    return PlainValidator(validate), WithJsonSchema({"type": "string", "enum": known})


Text = Annotated[str, PlainValidator(values.as_text), WithJsonSchema({"type": "string", "minLength": 1})]
Flag = Annotated[bool, PlainValidator(values.yes_or_no), WithJsonSchema({"type": "boolean"})]
Day = Annotated[date, PlainValidator(values.day), WithJsonSchema({"type": "string", "format": "date"})]
Prefix = Annotated[
    tuple[int, int],
    PlainValidator(values.prefix),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9A-Fa-f:.]+(/[0-9.]+)?$", "examples": ["10.10.0.0/16", "::/0"]}),
]
Addresses = Annotated[
    Intervals,
    PlainValidator(values.addresses),
    WithJsonSchema({"type": "string", "examples": ["10.40.0.10", "10.30.50.0/26", "10.0.0.1-10.0.0.9"]}),
]
Mac = Annotated[int, PlainValidator(values.mac), WithJsonSchema({"type": "string", "examples": ["00:00:5e:00:53:20"]})]
Service = Annotated[
    ServiceSpec,
    PlainValidator(values.service),
    WithJsonSchema({"type": "string", "examples": ["tcp/25", "udp/500-510", "tcp/80,443", "icmp/8", "any"]}),
]
Some = Annotated[tuple[T, ...], BeforeValidator(_one_as_many), _OneOrMany()]
Rows = Annotated[tuple[T, ...], BeforeValidator(_nothing_as_empty(list))]
Named = Annotated[dict[str, T], BeforeValidator(_nothing_as_empty(dict))]
