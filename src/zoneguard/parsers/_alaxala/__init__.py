"""What the ALAXALA AX parser is made of: one module a subject."""
