"""One protocol a file: both directions of a conversation → transfers."""
