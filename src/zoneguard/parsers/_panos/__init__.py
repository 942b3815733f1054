"""Palo Alto PAN-OS: the parts of the parser ``panos``."""
