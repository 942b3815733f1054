# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled store of fragments: ``fragments.Store``, with the same results for the same pieces.

A datagram lies in memory of its own, whose bounds are checked where it is written (``_write``): no piece reaches beyond
``LONGEST``, and room is made before bytes are put there.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Realloc
from libc.string cimport memcmp, memcpy, memmove, memset

from zoneguard.dynamic._secret import secret
from zoneguard.dynamic.fragments import Datagram as Told
from zoneguard.dynamic.fragments import Header

cdef enum:
    LONGEST = 0xFFFF
    BUCKETS = 1 << 14

cdef uint64_t LOW = <uint64_t>0xFFFFFFFFFFFFFFFF


cdef class Fragments:
    """Datagrams in pieces, and for a while the bytes of those that were whole; bounds as in ``fragments``."""

    def __cinit__(self, max_datagrams, max_bytes, timeout, per_piece):
        self.buckets = <Datagram **>PyMem_Calloc(BUCKETS, sizeof(Datagram *))
        if self.buckets is NULL:
            raise MemoryError
        self.max_datagrams, self.max_bytes, self.timeout, self.per_piece = max_datagrams, max_bytes, timeout, per_piece
        self.odd = secret()
        for line in range(3):
            self._line(line)

    cdef int _line(self, int which) except -1:
        cdef Line *line = &self.pending if which == 0 else &self.done if which == 1 else &self.late
        line.oldest = line.newest = NULL
        line.count = line.bytes = 0
        return 0

    def __dealloc__(self):
        if self.buckets is not NULL:
            while self.pending.oldest is not NULL:
                self._forget(&self.pending)
            while self.done.oldest is not NULL:
                self._forget(&self.done)
            while self.late.oldest is not NULL:
                self.drop_late()
            PyMem_Free(self.buckets)

    def overdue(self, now):
        late = []
        while _overdue(self, now):
            late.append(self._told_and_freed(self._give_up()))
        return late

    def oldest(self):
        return self._told_and_freed(self._give_up()) if self.pending.oldest is not NULL else None

    def copied(self, key, piece):
        cdef Key mine = _key(key)
        cdef Piece part = _piece(piece)
        return bool(self.repeats(&mine, self.hash_of(&mine), &part))

    def add(self, key, header, piece):
        cdef Key mine = _key(key)
        cdef Piece part = _piece(piece)
        cdef Head head
        cdef Datagram *datagram
        memset(&head, 0, sizeof(Head))
        head.proto, head.damaged, head.layers, head.mac = header.proto, header.damaged, header.layers, header.mac
        head.size, head.head = header.size, header.head
        datagram = self.put(&mine, self.hash_of(&mine), &head, &part)
        whole = datagram is not NULL
        if not whole:
            datagram = self._find(&mine, self.hash_of(&mine), False)
            self.pending.bytes -= self._held(datagram)
        datagram.count -= 1  # of several it is one
        for frame in piece.origin:
            _note(datagram, frame)
        if not whole:
            self.pending.bytes += self._held(datagram)
            return None
        told = self.object_of(datagram)
        free_lists(datagram)
        return told

    cdef object _told_and_freed(self, Datagram *datagram):
        try:
            return self.object_of(datagram)
        finally:
            release(datagram)

    cdef uint64_t hash_of(self, const Key *key) noexcept:
        cdef uint64_t mixed = key.src_low * self.odd
        mixed = ((mixed ^ mixed >> 32) + key.dst_low) * self.odd
        mixed = ((mixed ^ mixed >> 29) + key.src_high) * self.odd
        mixed = ((mixed ^ mixed >> 32) + key.dst_high) * self.odd
        mixed = ((mixed ^ mixed >> 29) + (<uint64_t>key.number << 32 | <uint32_t>key.context)) * self.odd
        mixed = ((mixed ^ mixed >> 32) + (<uint64_t>key.six << 8 | key.proto)) * self.odd
        return mixed ^ mixed >> 32

    cdef Datagram *_find(self, const Key *key, uint64_t number, bint done) noexcept:
        cdef Datagram *here = self.buckets[number & (BUCKETS - 1)]
        while here is not NULL:
            if here.hash == number and here.done == done and _same(&here.key, key):
                return here
            here = here.chained
        return NULL

    cdef void _unchain(self, Datagram *datagram) noexcept:
        datagram.place[0] = datagram.chained
        if datagram.chained is not NULL:
            datagram.chained.place = datagram.place

    cdef int64_t _held(self, const Datagram *datagram) noexcept:
        return datagram.length + self.per_piece * datagram.count

    cdef void _forget(self, Line *line) noexcept:
        """Free the oldest of a line whose datagrams are in the table."""
        cdef Datagram *oldest = line.oldest
        line.bytes -= oldest.length if oldest.done else self._held(oldest)
        _leave(line, oldest)
        self._unchain(oldest)
        release(oldest)

    cdef Datagram *_give_up(self) noexcept:
        cdef Datagram *oldest = self.pending.oldest
        self.pending.bytes -= self._held(oldest)
        _leave(&self.pending, oldest)
        self._unchain(oldest)
        return oldest

    cdef void give_up(self, int64_t now) noexcept:
        """Move to ``late`` what is too old at time ``now``, or too much."""
        while _overdue(self, now):
            _join(&self.late, self._give_up())

    cdef bint repeats(self, const Key *key, uint64_t number, const Piece *piece) noexcept:
        cdef Datagram *known = self._find(key, number, True)
        cdef int32_t end = piece.start + piece.wire
        if known is NULL or end > known.length or piece.more != (end < known.length):
            return False
        return memcmp(known.data + piece.start, piece.data, piece.length) == 0

    cdef Datagram *put(self, const Key *key, uint64_t number, const Head *head, const Piece *piece) except? NULL:
        """Add a piece; returns the datagram if it is whole now, which may be read until the next piece comes."""
        cdef Datagram *datagram = self._find(key, number, False)
        cdef int32_t end = piece.start + piece.wire
        if piece.start < 0 or piece.length < 0 or piece.length > piece.wire or end > LONGEST:
            raise ValueError("a piece that reaches beyond the longest datagram")
        if datagram is NULL:
            datagram = self._new(key, number)
            datagram.head, datagram.first = head[0], piece.time
        if piece.start == 0:
            datagram.head = head[0]
        self.pending.bytes -= self._held(datagram)
        try:
            _write(datagram, piece.start, piece.data, piece.length)
            _note(datagram, <int64_t>piece.file << FILE | piece.number)
        finally:
            self.pending.bytes += self._held(datagram)
        datagram.time, datagram.number, datagram.file = piece.time, piece.number, piece.file
        datagram.wire += piece.wire
        if not piece.more:
            datagram.damaged |= datagram.total != -1 and datagram.total != end
            datagram.total = max(datagram.total, end)
        datagram.damaged |= 0 <= datagram.total < datagram.length
        if datagram.spans != 1 or datagram.have[0].start != 0 or datagram.have[0].end != datagram.total:
            return NULL
        self._keep(datagram)
        return datagram

    cdef Datagram *_new(self, const Key *key, uint64_t number) except NULL:
        cdef Datagram *datagram = <Datagram *>PyMem_Calloc(1, sizeof(Datagram))
        if datagram is NULL:
            raise MemoryError
        datagram.key, datagram.hash, datagram.total = key[0], number, -1
        datagram.place = &self.buckets[number & (BUCKETS - 1)]
        datagram.chained = datagram.place[0]
        datagram.place[0] = datagram
        if datagram.chained is not NULL:
            datagram.chained.place = &datagram.chained
        _join(&self.pending, datagram)
        return datagram

    cdef int _keep(self, Datagram *datagram) except -1:
        """A whole datagram is no longer pending: its bytes stay, in the place of an older one of the same key."""
        cdef Datagram *before = self._find(&datagram.key, datagram.hash, True)
        self.pending.bytes -= self._held(datagram)
        _leave(&self.pending, datagram)
        if before is not NULL:
            self.done.bytes -= before.length
            _leave(&self.done, before)
            self._unchain(before)
            release(before)
        datagram.done = True
        self.done.bytes += datagram.length
        _join(&self.done, datagram)
        while self.done.oldest != datagram and (
            self.done.count > self.max_datagrams or self.done.bytes > self.max_bytes
        ):
            self._forget(&self.done)
        return 0

    cdef object object_of(self, const Datagram *datagram):
        """The same as the scalar decoder wants it."""
        cdef const Key *key = &datagram.key
        cdef const Head *head = &datagram.head
        cdef int64_t i
        header = Header(
            bool(key.six), <object>key.src_high << 64 | key.src_low, <object>key.dst_high << 64 | key.dst_low,
            head.proto, head.size, head.head, head.mac, key.context, head.layers, bool(head.damaged),
        )
        return Told(
            header, datagram.first, (datagram.time, datagram.number, datagram.file),
            bytearray((<const char *>datagram.data)[: datagram.length]) if datagram.length else bytearray(),
            [(datagram.have[i].start, datagram.have[i].end) for i in range(datagram.spans)],
            datagram.total, datagram.wire, bool(datagram.damaged), [datagram.frames[i] for i in range(datagram.count)],
        )

    cdef list late_objects(self):
        """Those in ``late``, which is empty then."""
        told = []
        while self.late.oldest is not NULL:
            told.append(self.object_of(self.late.oldest))
            self.drop_late()
        return told

    cdef void drop_late(self) noexcept:
        cdef Datagram *oldest = self.late.oldest
        _leave(&self.late, oldest)
        release(oldest)


cdef Key _key(object key):
    cdef Key mine
    mine.six, mine.number, mine.proto, mine.context = key.v6, key.number, key.proto, key.context
    mine.src_high, mine.src_low = key.src >> 64, key.src & LOW
    mine.dst_high, mine.dst_low = key.dst >> 64, key.dst & LOW
    return mine


cdef Piece _piece(object piece):
    """Points into the bytes of ``piece``, which the caller holds."""
    cdef Piece part
    cdef bytes data = piece.data
    part.data, part.length = <const uint8_t *><const char *>data, <int32_t>len(data)
    part.start, part.wire, part.more = piece.start, piece.wire, piece.more
    part.time, part.number, part.file = piece.stamp
    return part


cdef inline bint _same(const Key *a, const Key *b) noexcept:
    return (
        a.src_low == b.src_low and a.dst_low == b.dst_low and a.number == b.number and a.context == b.context
        and a.src_high == b.src_high and a.dst_high == b.dst_high and a.six == b.six and a.proto == b.proto
    )


cdef inline bint _overdue(Fragments all, int64_t now) noexcept:
    cdef Line *line = &all.pending
    return line.oldest is not NULL and (
        now - line.oldest.first > all.timeout or line.count > all.max_datagrams or line.bytes > all.max_bytes
    )


cdef void _join(Line *line, Datagram *datagram) noexcept:
    datagram.newer, datagram.older = NULL, line.newest
    if line.newest is NULL:
        line.oldest = datagram
    else:
        line.newest.newer = datagram
    line.newest = datagram
    line.count += 1


cdef void _leave(Line *line, Datagram *datagram) noexcept:
    if datagram.older is NULL:
        line.oldest = datagram.newer
    else:
        datagram.older.newer = datagram.newer
    if datagram.newer is NULL:
        line.newest = datagram.older
    else:
        datagram.newer.older = datagram.older
    line.count -= 1


cdef void release(Datagram *datagram) noexcept:
    PyMem_Free(datagram.data)
    PyMem_Free(datagram.have)
    PyMem_Free(datagram.frames)
    PyMem_Free(datagram)


cdef void free_lists(Datagram *datagram) noexcept:
    """What a datagram that is done no longer needs."""
    PyMem_Free(datagram.have)
    PyMem_Free(datagram.frames)
    datagram.have, datagram.frames = NULL, NULL
    datagram.spans = datagram.span_room = 0
    datagram.count = datagram.frame_room = 0


cdef int _note(Datagram *datagram, int64_t frame) except -1:
    """One more frame that brought a piece."""
    cdef int64_t room
    cdef int64_t *larger
    if datagram.count == datagram.frame_room:
        room = 2 * datagram.frame_room + 4
        larger = <int64_t *>PyMem_Realloc(datagram.frames, <size_t>room * sizeof(int64_t))
        if larger is NULL:
            raise MemoryError
        datagram.frames, datagram.frame_room = larger, room
    datagram.frames[datagram.count] = frame
    datagram.count += 1
    return 0


cdef int _write(Datagram *datagram, int32_t start, const uint8_t *piece, int32_t length) except -1:
    """Put captured bytes in their place; what is there already stays. See ``fragments.Datagram.add``."""
    cdef int32_t end = start + length, at = start, low = 0, high = datagram.spans, middle, left, right
    cdef Span merged
    if length == 0:
        return 0
    _reach(datagram, end)
    while low < high:  # the first span that ends at ``start`` or behind it
        middle = (low + high) // 2
        if datagram.have[middle].end < start:
            low = middle + 1
        else:
            high = middle
    merged.start, merged.end = start, end
    high = low
    while high < datagram.spans and datagram.have[high].start <= end:
        left, right = datagram.have[high].start, datagram.have[high].end
        if at < left:
            memcpy(datagram.data + at, piece + (at - start), left - at)
        merged.start, merged.end = min(merged.start, left), max(merged.end, right)
        at = max(at, right)
        left, right = max(left, start), min(right, end)
        if left < right and memcmp(datagram.data + left, piece + (left - start), right - left) != 0:
            datagram.damaged = True
        high += 1
    if at < end:
        memcpy(datagram.data + at, piece + (at - start), end - at)
    if high == low:
        _span_room(datagram)
    if high != low + 1:
        memmove(
            datagram.have + low + 1, datagram.have + high, <size_t>(datagram.spans - high) * sizeof(Span)
        )
    datagram.have[low] = merged
    datagram.spans += low + 1 - high
    return 0


cdef int _reach(Datagram *datagram, int32_t end) except -1:
    """Room for ``end`` bytes, those that are new zero."""
    cdef int32_t room
    cdef uint8_t *larger
    if end > datagram.room:
        room = max(end, 2 * datagram.room)
        larger = <uint8_t *>PyMem_Realloc(datagram.data, room)
        if larger is NULL:
            raise MemoryError
        datagram.data, datagram.room = larger, room
    if end > datagram.length:
        memset(datagram.data + datagram.length, 0, end - datagram.length)
        datagram.length = end
    return 0


cdef int _span_room(Datagram *datagram) except -1:
    cdef int32_t room
    cdef Span *larger
    if datagram.spans == datagram.span_room:
        room = 2 * datagram.span_room + 1
        larger = <Span *>PyMem_Realloc(datagram.have, <size_t>room * sizeof(Span))
        if larger is NULL:
            raise MemoryError
        datagram.have, datagram.span_room = larger, room
    return 0
