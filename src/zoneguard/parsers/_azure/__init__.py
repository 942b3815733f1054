"""Azure virtual networks as the command line and templates tell them: objects (``estate``, ``expressions``), security
rules (``rules``, ``tags``), routes (``routing``), public addresses (``doors``), and the device of all (``vnet``)."""
