"""A Terraform plan in JSON as the estate of a cloud: resources (``plan``), what their references mean (``references``),
and the objects that they will make (``network``, ``rules``, ``tables``, ``hosts``)."""
