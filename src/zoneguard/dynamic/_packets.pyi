from collections.abc import Callable

from zoneguard.dynamic._fragments import Fragments
from zoneguard.dynamic._scalar import Scalar
from zoneguard.dynamic.columns import I32, I64, U8, U16, Column

class Packets:
    def __init__(
        self,
        tables: tuple[Column, ...],
        context: Callable[[tuple[int, ...], tuple[str, ...]], int],
        name: Callable[[int, bool, int, int, int], str],
        fragments: Fragments,
    ) -> None: ...
    def decode(
        self,
        data: U8,
        places: I64,
        caplens: I64,
        wirelens: I64,
        links: I32,
        times: I64,
        numbers: I64,
        files: I32,
        scalar: Scalar,
    ) -> tuple[U16, Column, list[I64]]: ...
    def begin(self, room: int, scalar: Scalar) -> None: ...
    def end(self) -> tuple[Column, list[I64]]: ...
    def piece(
        self,
        data: U8,
        end: int,
        at: int,
        base: int,
        big: bool,
        head: int,
        unit: int,
        link: int,
        number: int,
        file: int,
        most: int,
    ) -> tuple[int, int, int]: ...
    def told(self) -> list[tuple[int, int]]: ...
