"""Private parts of the NEC UNIVERGE IX parser: one module for each kind of command."""
