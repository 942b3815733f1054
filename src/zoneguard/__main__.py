"""``python -m zoneguard``."""

from zoneguard.cli import main

main()
