"""Internet messages as real mailers write them: structure with exact offsets, names, transfer encodings."""

from zoneguard.inspection.mime.encodings import Decoded, decode
from zoneguard.inspection.mime.structure import Message, Part, read_entity, read_message

__all__ = ["Decoded", "Message", "Part", "decode", "read_entity", "read_message"]
