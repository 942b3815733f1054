"""What the user wrote (``zoneguard.yaml``, profiles) → model. Every error names file, line and column, all at once."""
