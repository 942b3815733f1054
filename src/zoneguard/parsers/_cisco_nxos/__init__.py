"""What only Cisco NX-OS has."""
