"""What ``nftables.py`` and ``nftables_json.py`` stand on: two readers make one tree (``tree``), of which ``compiler``
makes the device. ``lexer``, ``expressions``, ``statements`` and ``reader`` read text, ``json_tree`` and ``json_reader``
JSON."""
