"""Parts of the reader of Fujitsu Si-R configurations (``zoneguard.parsers.sir``)."""
