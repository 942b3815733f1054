"""Captures → observed flows: containers, link types, tunnels, flow states, reassembled streams."""
