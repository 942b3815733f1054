from collections.abc import Sequence

from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I64, U8, Bool, Column

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
    def absorb(self, rows: Column) -> tuple[I64, Bool, Sequence[int]]: ...
