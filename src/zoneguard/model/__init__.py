"""The vocabulary: frozen values, no I/O. Imports no other layer of zoneguard."""
