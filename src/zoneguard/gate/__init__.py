"""From findings to a decision that a CI job can trust."""
