"""What the command lines of Cisco's systems share: blocks by indentation, addresses and masks, names of ports."""
