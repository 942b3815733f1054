"""What the AlliedWare Plus parser is made of: one module a subject."""
