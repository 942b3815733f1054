"""The parts of the HTML report: both languages in one pool, the embedded data, the picture, the tables, the page."""
