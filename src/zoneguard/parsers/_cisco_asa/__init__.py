"""Private parts of the Cisco ASA parser: one module for each kind of command."""
