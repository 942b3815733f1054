from collections.abc import Callable

from zoneguard.dynamic.columns import I32, I64, U8, Column

class Packets:
    def __init__(
        self,
        tables: tuple[Column, ...],
        context: Callable[[tuple[int, ...], tuple[str, ...]], int],
        name: Callable[[int, bool, int, int, int], str],
    ) -> None: ...
    def decode(
        self, data: U8, places: I64, caplens: I64, wirelens: I64, links: I32
    ) -> tuple[I64, dict[str, Column], I64]: ...
