"""How Junos is read: one room for each part of its configuration."""
