"""Names that nft takes instead of numbers, as ``nft describe icmp_type`` and its like list them (1.0.6)."""

from __future__ import annotations

from zoneguard.model.match import ConnState

ICMP_TYPES = {
    "echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8,
    "router-advertisement": 9, "router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12,
    "timestamp-request": 13, "timestamp-reply": 14, "info-request": 15, "info-reply": 16, "address-mask-request": 17,
    "address-mask-reply": 18,
}  # fmt: skip
ICMP6_TYPES = {
    "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4, "echo-request": 128,
    "echo-reply": 129, "mld-listener-query": 130, "mld-listener-report": 131, "mld-listener-done": 132,
    "mld-listener-reduction": 132, "nd-router-solicit": 133, "nd-router-advert": 134, "nd-neighbor-solicit": 135,
    "nd-neighbor-advert": 136, "nd-redirect": 137, "router-renumbering": 138, "ind-neighbor-solicit": 141,
    "ind-neighbor-advert": 142, "mld2-listener-report": 143,
}  # fmt: skip
ICMP_CODES = {"net-unreachable": 0, "host-unreachable": 1, "prot-unreachable": 2, "port-unreachable": 3,
              "frag-needed": 4, "net-prohibited": 9, "host-prohibited": 10, "admin-prohibited": 13}  # fmt: skip
ICMP6_CODES = {"no-route": 0, "admin-prohibited": 1, "addr-unreachable": 3, "port-unreachable": 4, "policy-fail": 5,
               "reject-route": 6}  # fmt: skip
TCP_FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
STATES = {"new": ConnState.NEW, "established": ConnState.ESTABLISHED, "related": ConnState.RELATED,
          "invalid": ConnState.INVALID, "untracked": ConnState.UNTRACKED}  # fmt: skip
STATE_BITS = {1: ConnState.INVALID, 2: ConnState.ESTABLISHED, 4: ConnState.RELATED, 8: ConnState.NEW,
              64: ConnState.UNTRACKED}  # fmt: skip

LASTS_NOT = frozenset({"timeout", "expires", "limit", "quota", "ct"})
PROPERTIES = LASTS_NOT | {"counter", "comment", "last"}
OF_PROPERTIES = frozenset({
    "packets", "bytes", "kbytes", "mbytes", "rate", "over", "until", "burst", "used", "count", "never", "/", "second",
    "minute", "hour", "day", "week", "state", "expiration",
})  # fmt: skip
"""Words of what hangs on an element of a set; those after which it does not last; and those behind them."""
