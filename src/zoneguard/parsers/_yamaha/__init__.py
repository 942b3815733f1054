"""What the Yamaha parser is made of: reading lines, then one module a subject."""
