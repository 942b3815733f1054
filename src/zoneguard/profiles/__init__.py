"""One policy document a YAML file: its clauses and which checks decide them. ``loading.profile`` reads them."""
