"""zoneguard: tells a Japanese municipality, with proof, whether its network zones are really kept apart."""

__version__ = "0.1.0"
