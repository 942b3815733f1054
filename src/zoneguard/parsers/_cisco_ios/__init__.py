"""What only Cisco IOS and IOS-XE have: the zone-based firewall, NAT, services of the router itself."""
