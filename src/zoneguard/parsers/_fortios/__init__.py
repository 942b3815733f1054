"""Reading FortiOS: one module a kind of table. ``fortios.py`` beside this package is the parser."""
