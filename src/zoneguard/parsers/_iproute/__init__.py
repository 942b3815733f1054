"""What ``iproute.py`` stands on: ``routes``, ``rules`` and ``addresses`` read lines, ``policy`` says what rules do."""
