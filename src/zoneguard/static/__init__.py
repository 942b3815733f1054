"""Devices → possible crossings: topology graph, forwarding, pipelines over packet sets; and ``trace``, one packet."""
