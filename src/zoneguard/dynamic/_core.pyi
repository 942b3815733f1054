from collections.abc import Sequence

from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I32, I64, U8, U16, U64, Bool

def pcap_records(
    data: U8, end: int, at: int, big: bool, head: int, unit: int, place: I64, caplen: I64, wirelen: I64, time: I64
) -> tuple[int, int, int]: ...

class Aggregator:
    def __init__(
        self,
        store: Store,
        events: U8,
        max_flows: int,
        fold: int,
        odd: int,
    ) -> None: ...
    def absorb(
        self,
        time: I64,
        number: I64,
        file: I32,
        src_high: U64,
        src_low: U64,
        dst_high: U64,
        dst_low: U64,
        v6: U8,
        proto: U8,
        key_a: U16,
        key_b: U16,
        oneway: U8,
        size: I64,
        payload: I64,
        tcp: U8,
        seq: I64,
        mac: I64,
        context: I32,
    ) -> tuple[I64, Bool, Sequence[int]]: ...
