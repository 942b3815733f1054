"""The JSON Schemas of what users write, for editors that complete and check it."""

from __future__ import annotations

from typing import Any

from zoneguard.loading.attestations import AttestationFile
from zoneguard.loading.baseline import BaselineFile
from zoneguard.loading.fields import Entry
from zoneguard.loading.mapping import MappingFile
from zoneguard.loading.profile import ProfileFile
from zoneguard.loading.schema import ProjectFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODELS: dict[str, type[Entry]] = {
    "project": ProjectFile,
    "profile": ProfileFile,
    "attestations": AttestationFile,
    "baseline": BaselineFile,
    "mapping": MappingFile,
}


def json_schema(which: str) -> dict[str, Any]:
    """The schema of the file that ``which`` names. Raises ``KeyError`` for anything else."""
    return {"$schema": DIALECT, **_MODELS[which].model_json_schema()}
