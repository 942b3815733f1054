# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled core: records of classic captures, and packets added to their flows, row by row.

``pcap_records`` is ``_pcap.by_columns``, ``Aggregator`` is ``flows.FlowTracker``: the same results for the same input,
bit by bit. ``_packets`` decodes what is between the two.
"""

import numpy as np

from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memmove

from zoneguard.dynamic._row cimport Row

from zoneguard.dynamic._sequence import MAX_HOLES

cdef enum:
    TCP = 6
    SYN = 0x02
    ACK = 0x10
    OPENING = 1
    ANSWERING = 2
    PLAIN = 4
    FINISH = 8
    RESET = 16

cdef int64_t ORIGIN = <int64_t>1 << 32
cdef int64_t NEAR = <int64_t>1 << 31
cdef int64_t WRAP = (<int64_t>1 << 32) - 1


cdef inline int64_t u32(const uint8_t *data, bint big) noexcept:
    if big:
        return <uint32_t>data[0] << 24 | <uint32_t>data[1] << 16 | <uint32_t>data[2] << 8 | data[3]
    return <uint32_t>data[3] << 24 | <uint32_t>data[2] << 16 | <uint32_t>data[1] << 8 | data[0]


def pcap_records(const uint8_t[::1] data, Py_ssize_t end, Py_ssize_t at, bint big, Py_ssize_t head, int64_t unit,
                 int64_t[::1] place, int64_t[::1] caplen, int64_t[::1] wirelen, int64_t[::1] time):
    """Fill the columns with the whole records of ``data[at:end]`` until they are full.

    Returns how many, where the next begins, and the length it claims (-1: its header is not there, -2: columns full).
    """
    cdef Py_ssize_t count = 0
    cdef int64_t length
    cdef const uint8_t *record
    if at < 0 or end > data.shape[0] or head < 16:
        raise IndexError("records outside of their buffer")
    while count < place.shape[0]:
        if end - at < 12:
            return count, at, -1
        record = &data[at]
        length = u32(record + 8, big)
        if at + head + length > end:
            return count, at, length
        place[count] = at + head
        caplen[count] = length
        wirelen[count] = u32(record + 12, big)
        time[count] = u32(record, big) * 1_000_000_000 + u32(record + 4, big) * unit
        at += head + length
        count += 1
    return count, at, -2


cdef struct Half:
    int64_t packets
    int64_t bytes
    int64_t payload
    int64_t first_row
    int64_t first_time
    int64_t first_number
    int64_t last_row
    int64_t last_time
    int64_t last_number
    int64_t start
    int64_t isn
    int64_t floor
    int64_t next
    int64_t mac
    int32_t first_file
    int32_t last_file
    uint8_t events
    uint8_t holed


cdef struct Span:
    int64_t begin
    int64_t end


cdef class Ranges:
    """Sorted ranges that do not touch: what was seen of a direction with holes. See ``_sequence.add_range``."""

    cdef Span *spans
    cdef Py_ssize_t count, room

    def __dealloc__(self):
        PyMem_Free(self.spans)

    cdef int64_t add(self, int64_t begin, int64_t end) except -1:
        """Add a range; returns how much of it was new."""
        cdef Py_ssize_t low = 0, high
        cdef int64_t new = end - begin
        while low < self.count and self.spans[low].end < begin:
            low += 1
        high = low
        while high < self.count and self.spans[high].begin <= end:
            new -= max(0, min(self.spans[high].end, end) - max(self.spans[high].begin, begin))
            high += 1
        if high > low:
            begin, end = min(begin, self.spans[low].begin), max(end, self.spans[high - 1].end)
        self._replace(low, high, begin, end)
        return new

    cdef int _replace(self, Py_ssize_t low, Py_ssize_t high, int64_t begin, int64_t end) except -1:
        """Put one range in the place of those from ``low`` to ``high``, which may be none."""
        cdef Py_ssize_t room
        cdef Span *larger
        if low == high and self.count == self.room:
            room = 2 * self.room + 2
            larger = <Span *>PyMem_Realloc(self.spans, <size_t>room * sizeof(Span))
            if larger is NULL:
                raise MemoryError
            self.spans, self.room = larger, room
        memmove(self.spans + low + 1, self.spans + high, <size_t>(self.count - high) * sizeof(Span))
        self.spans[low].begin, self.spans[low].end = begin, end
        self.count += low + 1 - high
        return 0


cdef class Aggregator:
    """A hash table from keys to each one's current flow, and the rules by which a row changes its flow.

    ``fold`` and ``odd`` are secret numbers: the first makes the order of two IPv6 addresses the NumPy core's, the
    second keep anybody from choosing addresses that share a place.
    """

    cdef int32_t[::1] slots
    cdef Py_ssize_t used, rows
    cdef uint64_t fold, odd
    cdef Py_ssize_t max_flows
    cdef const uint8_t[::1] events
    cdef object store
    cdef dict ranges
    cdef Py_ssize_t max_holes

    def __init__(self, store, events, max_flows, fold, odd):
        self.store, self.events = store, events
        self.ranges, self.max_holes = {}, MAX_HOLES
        self.max_flows, self.fold, self.odd = max_flows, fold, odd
        self.slots = np.full(1 << 10, -1, np.int32)
        self.used = self.rows = 0

    cdef uint64_t _hash(self, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t tail) noexcept:
        cdef uint64_t mixed = (a ^ self.fold) * self.odd
        mixed = ((mixed ^ mixed >> 32) + b) * self.odd
        mixed = ((mixed ^ mixed >> 29) + c) * self.odd
        mixed = ((mixed ^ mixed >> 32) + d) * self.odd
        mixed = ((mixed ^ mixed >> 29) + tail) * self.odd
        return mixed ^ mixed >> 32

    cdef int _make_room(self, Py_ssize_t more) except -1:
        """Keep the hash table at most half full."""
        cdef Py_ssize_t size = self.slots.shape[0], i, at
        cdef int32_t[::1] old = self.slots
        cdef const uint64_t[:, ::1] key = self.store.key
        cdef int32_t flow
        if 2 * (self.used + more) <= size:
            return 0
        while 2 * (self.used + more) > size:
            size *= 2
        self.slots = np.full(size, -1, np.int32)
        for i in range(old.shape[0]):
            flow = old[i]
            if flow >= 0:
                at = self._hash(key[flow, 0], key[flow, 1], key[flow, 2], key[flow, 3], key[flow, 4]) & (size - 1)
                while self.slots[at] >= 0:
                    at = (at + 1) & (size - 1)
                self.slots[at] = flow
        return 0

    def absorb(self, const Row[::1] rows):
        """Add rows; returns each one's flow and direction, and the rows with another source address than the first."""
        cdef Py_ssize_t n = rows.shape[0], i, at, mask
        cdef const Row *row
        cdef const uint64_t *known
        cdef uint64_t source, destination, a, b, c, d, tail, ports
        cdef int64_t flags, event, begin, end, start, upto
        cdef int32_t flow, half
        cdef bint back, syn, first, tracked
        cdef Half *here
        cdef Half *there

        self.store.reserve(n)
        self._make_room(n)
        cdef int32_t[::1] slots = self.slots
        mask = slots.shape[0] - 1
        cdef uint64_t[:, ::1] key = self.store.key
        cdef Half[::1] halves = self.store.halves
        flow_, side_, slot_ = np.empty(n, np.int64), np.empty(n, np.uint8), np.empty(n, np.int64)
        cdef int64_t[::1] flows = flow_, slot = slot_
        cdef uint8_t[::1] side = side_
        cdef int32_t count = self.store.flows
        strangers = []

        for i in range(n):
            row = &rows[i]
            a, b, c, d = row.src_high, row.src_low, row.dst_high, row.dst_low
            source, destination = b, d
            if row.v6:
                source += (a ^ a >> 32) * self.fold
                destination += (c ^ c >> 32) * self.fold
            back = not row.oneway and (
                source > destination or (source == destination and row.key_a > row.key_b)
            )
            ports = <uint64_t>row.key_a << 16 | row.key_b
            if back:
                a, b, c, d = c, d, a, b
                ports = <uint64_t>row.key_b << 16 | row.key_a
            tail = (
                ports << 32 | <uint64_t>row.context << 16 | <uint64_t>row.oneway << 9 | <uint64_t>row.v6 << 8 | row.proto
            )
            side[i] = back
            at = self._hash(a, b, c, d, tail) & mask
            while True:
                flow = slots[at]
                if flow < 0:
                    break
                known = &key[flow, 0]
                if known[1] == b and known[3] == d and known[4] == tail and known[0] == a and known[2] == c:
                    break
                at = (at + 1) & mask
            if flow < 0:
                if count >= self.max_flows:
                    slot[i] = -1
                    continue
                slots[at] = count
                self.used += 1
                key[count, 0], key[count, 1], key[count, 2], key[count, 3], key[count, 4] = a, b, c, d, tail
                _unknown(&halves[2 * count])
                _unknown(&halves[2 * count + 1])
                count += 1
            slot[i] = at

        for i in range(n):
            if slot[i] < 0:
                flows[i] = -1
                continue
            row = &rows[i]
            flow = slots[slot[i]]
            half = 2 * flow + side[i]
            here, there = &halves[half], &halves[half ^ 1]
            tracked = row.proto == TCP
            flags = row.tcp
            event = self.events[flags] if tracked else 0
            syn = event & (OPENING | ANSWERING) != 0
            if flags & SYN and tracked and count < self.max_flows and _renewed(here, there, row.seq, flags & ACK != 0):
                key[count, :] = key[flow, :]
                flow = count
                count += 1
                slots[slot[i]] = flow
                half = 2 * flow + side[i]
                here = &halves[half]
                _unknown(&halves[2 * flow])
                _unknown(&halves[2 * flow + 1])
            flows[i] = flow
            first = here.packets == 0
            if first:
                here.first_row, here.first_time, here.first_number = self.rows + i, row.time, row.number
                here.first_file, here.mac = row.file, row.mac
            here.last_row, here.last_time, here.last_number = self.rows + i, row.time, row.number
            here.last_file = row.file
            here.packets += 1
            here.bytes += row.size
            here.events |= <uint8_t>event
            if row.mac >= 0 and row.mac != here.mac:
                strangers.append(i)
            if not tracked:
                here.payload += row.payload
                continue
            if event & RESET:
                continue
            if here.start < 0:
                here.start = row.seq
            if not (syn or row.payload > 0 or first):
                continue
            start = (row.seq + syn) & WRAP
            if here.holed:
                self._holed(half, here, start, row.payload, syn)
                continue
            if here.next < 0:
                here.next = here.floor = start + ORIGIN
            upto = here.next
            begin = upto + ((start - upto + NEAR) & WRAP) - NEAR
            end = begin + row.payload
            if here.isn >= 0 or syn:
                begin = max(begin, here.floor)
            if begin < end and (begin > upto or end < here.floor):  # a hole
                self._holed(half, here, start, row.payload, syn)
                continue
            if syn and here.isn < 0:
                here.isn = (start - 1) & WRAP
            if begin < end:
                here.payload += end - begin - max(0, min(upto, end) - max(here.floor, begin))
                here.next = max(upto, end)
                here.floor = min(here.floor, begin)
        self.rows += n
        self.store.flows = count
        return flow_, side_.view(np.bool_), strangers

    cdef int _holed(self, int32_t half, Half *here, int64_t start, int64_t length, bint syn) except -1:
        """The rule for a direction with holes. See ``_sequence.Sequences.each``."""
        cdef int64_t at, begin, end
        cdef Ranges ranges = self.ranges.pop(half, None)
        if ranges is None:
            ranges = Ranges()
            if here.next < 0:
                here.next = here.floor = start + ORIGIN
            ranges._replace(0, 0, here.floor, here.next)
        at = here.next + ((start - here.next + NEAR) & WRAP) - NEAR
        if syn and here.isn < 0:
            here.isn = (start - 1) & WRAP
        begin, end = at if here.isn < 0 else max(at, here.floor), at + length
        if begin < end:
            here.payload += ranges.add(begin, end)
            here.next, here.floor = max(here.next, end), min(here.floor, begin)
            if ranges.count > self.max_holes + 1:
                ranges._replace(0, 2, ranges.spans[0].begin, ranges.spans[1].end)
        here.holed = ranges.count > 1
        if here.holed:
            self.ranges[half] = ranges
        return 0


cdef inline void _unknown(Half *half) noexcept:
    half.packets = half.bytes = half.payload = 0
    half.events = half.holed = 0
    half.start = half.isn = half.floor = half.next = half.mac = -1


cdef inline bint _renewed(Half *here, Half *there, int64_t seq, bint answer) noexcept:
    """See ``flows._Side.renewed``."""
    if here.isn >= 0:
        return here.isn != seq and (not answer or here.events & PLAIN != 0)
    if here.start >= 0:
        return here.start != ((seq + 1) & WRAP)
    if answer:
        return False
    return there.events & (FINISH | RESET) != 0 or (
        there.events & PLAIN != 0 and not there.events & (OPENING | ANSWERING)
    )
