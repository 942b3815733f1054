"""A mapping file: what a rule list calls its columns, and the addresses of the names that it uses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from zoneguard.loading.document import compose
from zoneguard.loading.fields import Addresses, Entry, Named, Some, Text
from zoneguard.loading.reading import read_text
from zoneguard.loading.schema import known_version
from zoneguard.loading.validation import validate
from zoneguard.model.errors import InputError
from zoneguard.model.intervals import Intervals
from zoneguard.model.project import ListMapping


class ColumnsEntry(Entry):
    """The head of each column as the list writes it, where it is not one of the usual."""

    id: Text | None = None
    source: Text | None = None
    destination: Text | None = None
    protocol: Text | None = None
    port: Text | None = None
    service: Text | None = None
    action: Text | None = None
    source_port: Text | None = None
    state: Text | None = None
    direction: Text | None = None
    since: Text | None = None
    until: Text | None = None
    comment: Text | None = None


class MappingFile(Entry):
    """How a rule list (通信要件一覧) is to be read."""

    zoneguard_mapping: Annotated[Text, AfterValidator(known_version)] = Field(
        description="Version of this format: 1.", json_schema_extra={"type": "integer", "const": 1}
    )
    columns: ColumnsEntry | None = None
    names: Named[Some[Addresses]] = Field(default_factory=dict, description="Addresses of the names in cells.")


def read_mapping(path: Path) -> tuple[ListMapping, list[InputError]]:
    """The mapping, and what is wrong with its file. Raises ``InputError`` where the file cannot be read."""
    document = compose(read_text(path), str(path))
    model, errors, _ = validate(MappingFile, document)
    errors = [*document.errors, *errors]
    if model is None:
        return ListMapping(), errors
    columns = model.columns.model_dump() if model.columns else {}
    names = {
        name: Intervals.from_spans(span for part in entry for span in part.spans) for name, entry in model.names.items()
    }
    return ListMapping({key: head for key, head in columns.items() if head}, names), errors
