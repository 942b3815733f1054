"""One file family a file: bytes → media type, hazards, members."""
