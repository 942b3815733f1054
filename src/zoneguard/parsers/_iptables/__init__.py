"""What ``iptables.py`` stands on: ``syntax`` takes rules apart, ``matches`` and ``targets`` say what they mean,
``ruleset`` collects a file's tables, ``chains`` and ``pipeline`` put them in netfilter's order."""
