# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=False, cdivision=True
"""The compiled decoder: ordinary packets as ``_headers.ordinary``, and what of the scalar decoder is frequent.

Tags and shims, IPv6 extension headers, fragments and the usual tunnels are followed here. A frame that would need
anything else (damage, rare links) is handed as a whole, in its turn, to the scalar decoder of
``network``, which gives the same rows for all of them; so is a datagram out of fragments. Every read is checked against
the end of the frame or datagram.
"""

import numpy as np

from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE, PyByteArray_Resize
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from zoneguard.dynamic._fragments cimport FILE, Datagram, Fragments, Head, Key, Piece, free_lists
from zoneguard.dynamic._row cimport Row

from zoneguard.dynamic.columns import PADDING, ROW, Refusal

cdef extern from *:
    """
    #if defined(__GNUC__)
    #define fetch_soon(place) __builtin_prefetch(place)
    #else
    #define fetch_soon(place) ((void)0)
    #endif
    """
    void fetch_soon(const void *place) noexcept

cdef enum:
    AHEAD = 8  # frames, of which the header is on its way from memory
    LEFT = -1  # to the scalar decoder
    NO_IP = -2
    IPV4 = 0x0800
    IPV6 = 0x86DD
    BRIDGED = 0x6558
    MAX_LAYERS = 32
    MAX_TUNNELS = 8
    MAX_TAGS = 5
    ROWS = MAX_TUNNELS + 1  # of one frame
    CACHE = 256
    TEREDO = 0x20010000
    TEREDO_PORT = 3544
    TCP = 6
    UDP = 17
    ICMP = 1
    ICMPV6 = 58
    RST = 0x04
    TOO_BIG = 4  # a code of unreachable messages, which refuses nothing
    TAG = 1
    SILENT = 2  # an EtherType whose frames hold no IP
    PPP_CONTROL = 2
    LEFT_ASIDE = 0
    DECODED = 1
    WAITS = 3
    MAX_LENGTH = 0xFFFF


cdef struct Place:
    const uint8_t *data
    Py_ssize_t at
    Py_ssize_t stop  # the end of what was captured
    Py_ssize_t base  # where the data begin in what ``data_at`` counts from
    Py_ssize_t wire
    int64_t mac
    uint64_t vlans
    int32_t path
    int tags
    int layers
    int tunnels
    int64_t time
    int64_t number
    int32_t file
    bint apart  # in a datagram put together, not in the buffer
    bint damaged
    bint unfinished


cdef struct Ends:
    uint64_t src_high
    uint64_t src_low
    uint64_t dst_high
    uint64_t dst_low
    bint six
    int64_t size


cdef struct Name:
    int32_t path
    int32_t kind
    int32_t six
    int32_t number
    uint64_t ends[4]


cdef inline int64_t le32(const uint8_t *data) noexcept:
    return <uint32_t>data[3] << 24 | <uint32_t>data[2] << 16 | <uint32_t>data[1] << 8 | data[0]


cdef inline int64_t be16(const uint8_t *data) noexcept:
    return <uint16_t>(<uint16_t>data[0] << 8 | data[1])


cdef inline int64_t be32(const uint8_t *data) noexcept:
    return <uint32_t>data[0] << 24 | <uint32_t>data[1] << 16 | <uint32_t>data[2] << 8 | data[3]


cdef inline uint64_t be64(const uint8_t *data) noexcept:
    return <uint64_t>be32(data) << 32 | <uint64_t>be32(data + 4)


cdef inline int64_t u8(const Place *p, Py_ssize_t offset) noexcept:
    """A byte behind the place, or -1 where it was not captured; likewise below."""
    if p.at + offset >= p.stop:
        return -1
    return p.data[p.at + offset]


cdef inline int64_t u16(const Place *p, Py_ssize_t offset) noexcept:
    cdef Py_ssize_t at = p.at + offset
    if at + 2 > p.stop:
        return -1
    return <int64_t>p.data[at] << 8 | p.data[at + 1]


cdef inline int64_t u32(const Place *p, Py_ssize_t offset) noexcept:
    cdef Py_ssize_t at = p.at + offset
    if at + 4 > p.stop:
        return -1
    return <int64_t>p.data[at] << 24 | <int64_t>p.data[at + 1] << 16 | <int64_t>p.data[at + 2] << 8 | p.data[at + 3]


cdef inline uint64_t u64(const Place *p, Py_ssize_t offset) noexcept:
    return <uint64_t>u32(p, offset) << 32 | <uint64_t>u32(p, offset + 4)


cdef inline bint skip(Place *p, Py_ssize_t count) noexcept:
    """Go over one header; false where there are more than are followed."""
    p.at += count
    p.layers += 1
    return p.layers <= MAX_LAYERS


cdef inline int64_t plain_ip(const Place *p) noexcept:
    cdef int64_t version = u8(p, 0)
    if version < 0:
        return LEFT
    version >>= 4
    return IPV4 if version == 4 else IPV6 if version == 6 else LEFT


cdef inline bint _not_a_network(int64_t hardware) noexcept:
    return hardware == 803 or hardware == 824  # radiotap, netlink


cdef class Numbers:
    """Numbers of frames, of one batch after the other in the same memory."""

    cdef int64_t *known
    cdef Py_ssize_t count, room

    def __dealloc__(self):
        PyMem_Free(self.known)

    cdef int add(self, const int64_t *numbers, Py_ssize_t count) except -1:
        cdef Py_ssize_t i, room
        cdef int64_t *larger
        if self.count + count > self.room:
            room = 2 * (self.count + count)
            larger = <int64_t *>PyMem_Realloc(self.known, <size_t>room * sizeof(int64_t))
            if larger is NULL:
                raise MemoryError
            self.known, self.room = larger, room
        for i in range(count):
            self.known[self.count + i] = numbers[i]
        self.count += count
        return 0

    cdef object taken(self):
        """Those of the batch; the next begins."""
        numbers = np.frombuffer((<const char *>self.known)[: self.count * sizeof(int64_t)], np.int64)
        self.count = 0
        return numbers


cdef class Packets:
    """The decoder of one run, made with the tables that say what is ordinary.

    ``context`` numbers a pair of VLANs and tunnels; ``name`` is a tunnel's name from its kind, ends and number.
    """

    cdef const uint8_t[::1] tags, odd4, odd6, extensions, with_ports, to_port, from_port
    cdef const int64_t[::1] header
    cdef const int64_t[:, ::1] answer
    cdef object context, name
    cdef dict paths
    cdef list tunnels
    cdef uint64_t[::1] cached_vlans
    cdef int32_t[::1] cached_path, cached_number
    cdef object records, scalar
    cdef Row[::1] out
    cdef int64_t[::1] fates
    cdef Numbers whole, given_up, contradicting, shown  # see ``decoding.Settled``
    cdef Py_ssize_t rows, room, padding
    cdef bint waits
    cdef Fragments fragments
    cdef bytearray extra

    def __init__(self, tables, context, name, fragments):
        self.tags, self.odd4, self.odd6, self.extensions, self.with_ports, self.to_port, self.from_port = tables[:7]
        self.header, self.answer = tables[7:]
        self.context, self.name, self.fragments = context, name, fragments
        self.whole, self.given_up, self.contradicting, self.shown = Numbers(), Numbers(), Numbers(), Numbers()
        self.paths, self.tunnels, self.padding = {}, [()], PADDING
        self.fates = np.zeros(1 << 16, np.int64)
        self.cached_vlans = np.zeros(CACHE, np.uint64)
        self.cached_path = np.full(CACHE, -1, np.int32)
        self.cached_number = np.zeros(CACHE, np.int32)

    cdef int _make_room(self, Py_ssize_t room) except -1:
        """New records, so many, with what the old ones hold."""
        new = np.empty(room, ROW)
        if self.rows:
            new[: self.rows] = self.records[: self.rows]
        self.records = self.out = new
        self.room = room
        return 0

    cdef Row *_next(self) except NULL:
        """The next record, with zeros in it."""
        cdef Row *row
        if self.rows == self.room:
            self._make_room(self.room + self.room // 2 + ROWS)
        row = &self.out[self.rows]
        memset(row, 0, sizeof(Row))
        self.rows += 1
        return row

    def decode(self, const uint8_t[::1] data, const int64_t[::1] places, const int64_t[::1] caplens,
               const int64_t[::1] wirelens, const int32_t[::1] links, const int64_t[::1] times,
               const int64_t[::1] numbers, const int32_t[::1] files, scalar):
        """What became of each frame, the records of its packets, outer ones first, and what was settled; see
        ``decoding.Swift``."""
        cdef Py_ssize_t n = places.shape[0], i, last = data.shape[0] - self.padding
        cdef Place p
        fate_ = np.empty(n, np.uint16)
        cdef uint16_t[::1] fate = fate_
        self.begin(n + ROWS, scalar)
        p.base = 0
        if n:
            p.data = &data[0]
        for i in range(n):
            if i + AHEAD < n:
                fetch_soon(p.data + places[i + AHEAD])
            if places[i] < 0 or caplens[i] < 0 or places[i] + caplens[i] > last:
                raise IndexError("a frame outside of its buffer")
            p.at, p.stop = places[i], places[i] + caplens[i]
            p.time, p.number, p.file = times[i], numbers[i], files[i]
            p.wire = p.at + max(caplens[i], wirelens[i])
            fate[i] = <uint16_t>self._frame(&p, links[i])
        return fate_, *self.end()

    def begin(self, Py_ssize_t room, scalar):
        """Begin a batch of about so many packets."""
        self.scalar, self.extra = scalar, scalar.extra
        self.rows = 0
        self._make_room(room)

    def end(self):
        """The records of the batch, and what was settled: columns in the order of ``decoding.Settled``."""
        self.extra, self.scalar = None, None
        settled = [self.whole.taken(), self.given_up.taken(), self.contradicting.taken(), self.shown.taken()]
        return self.records[: self.rows], settled

    def piece(self, const uint8_t[::1] data, Py_ssize_t end, Py_ssize_t at, Py_ssize_t base, bint big, Py_ssize_t head,
              int64_t unit, int32_t link, int64_t number, int32_t file, Py_ssize_t most):
        """Go through the whole records of ``data[at:end]``, which lies at ``base`` in its file, until the batch has
        ``most`` packets; ``number`` is that of the first frame. Returns as ``_core.pcap_records``."""
        cdef Py_ssize_t count = 0
        cdef int64_t length
        cdef const uint8_t *record
        cdef Place p
        if at < 0 or end + self.padding > data.shape[0] or head < 16:
            raise IndexError("records outside of their buffer")
        p.data, p.base, p.file = &data[0], base, file
        while self.rows < most:
            if end - at < 12:
                return count, at, -1
            record = p.data + at
            length = be32(record + 8) if big else le32(record + 8)
            if at + head + length > end:
                return count, at, length
            p.at, p.stop, p.number = at + head, at + head + length, number + count
            p.wire = p.at + max(length, be32(record + 12) if big else le32(record + 12))
            if big:
                p.time = be32(record) * 1_000_000_000 + be32(record + 4) * unit
            else:
                p.time = le32(record) * 1_000_000_000 + le32(record + 4) * unit
            at += head + length
            count += 1
            self.fates[self._frame(&p, link)] += 1
        return count, at, -2

    def told(self):
        """How many frames ``piece`` has gone through in all, by their fate: pairs."""
        return [(kind, count) for kind, count in enumerate(np.asarray(self.fates).tolist()) if count]

    cdef int _frame(self, Place *p, int32_t link) except -1:
        """Add the rows of a frame; returns its fate."""
        cdef Py_ssize_t before = self.rows, at = p.at, wire = p.wire
        cdef int64_t outcome, frame_number
        cdef int fate = LEFT_ASIDE
        if self._ordinary(p, link):
            return DECODED
        self.waits = False
        p.mac, p.vlans, p.path, p.tags, p.layers, p.tunnels = -1, 0, 0, 0, 0, 0
        p.apart = p.damaged = p.unfinished = False
        outcome = self._link(p, link)
        if outcome > 0:
            outcome = self._ip(p, outcome)
        elif outcome == NO_IP:
            fate = p.path  # the EtherType
        if outcome == LEFT:
            self.rows = before
            frame = (<const char *>p.data)[at : p.stop]
            self._put(self.scalar.one(link, frame, p.base + at, wire - at, (p.time, p.number, p.file)))
        elif outcome >= 0:
            fate = WAITS if self.waits else DECODED
            if self.waits and self.rows > before:
                frame_number = <int64_t>p.file << FILE | p.number
                self.shown.add(&frame_number, 1)
        while self.fragments.late.oldest is not NULL:
            self._given_up(self.fragments.late.oldest)
            self.fragments.drop_late()
        return fate

    cdef int _put(self, list found) except -1:
        """Add rows of the scalar decoder."""
        for values in found:
            self._next()
            self.records[self.rows - 1] = values
        return 0

    cdef bint _ordinary(self, const Place *p, int32_t link) except -1:
        """Add the row of an ordinary frame; what it reads ahead lies in the padding."""
        cdef const uint8_t *ip = p.data + p.at
        cdef const uint8_t *l4
        cdef const uint8_t *told
        cdef Py_ssize_t at = p.at, data_at, wire, stop
        cdef int64_t kind, mac = -1, size, length, key_a = 0, key_b = 0, answer
        cdef uint8_t proto
        cdef uint64_t vlans = 0
        cdef int layer, header
        cdef bint six
        cdef Row *row
        if link == 1:
            kind = be16(ip + 12)
            mac = be16(ip + 6) << 32 | be32(ip + 8)
            at += 14
        elif link == 12 or link == 14 or link == 101 or link == 228 or link == 229:
            kind = ip[0] >> 4
            kind = IPV4 if kind == 4 else IPV6 if kind == 6 else 0
        elif link == 113:
            kind = 0 if _not_a_network(be16(ip + 2)) else be16(ip + 14)
            if be16(ip + 4) & 0xFF == 6:
                mac = be16(ip + 6) << 32 | be32(ip + 8)
            at += 16
        elif link == 276:
            kind = 0 if _not_a_network(be16(ip + 8)) else be16(ip)
            if be16(ip + 10) & 0xFF == 6:
                mac = be16(ip + 12) << 32 | be32(ip + 14)
            at += 20
        else:
            return False
        if kind != IPV4 and self.tags[kind] == TAG:
            for layer in range(2):
                ip = p.data + at
                if be16(ip) & 0xFFF:
                    vlans = vlans << 12 | <uint64_t>(be16(ip) & 0xFFF)
                kind = be16(ip + 2)
                at += 4
                if self.tags[kind] != TAG:
                    break

        ip = p.data + at
        if kind == IPV4:
            proto = ip[9]
            size = be16(ip + 2)
            if ip[0] != 0x45 or be16(ip + 6) & 0x3FFF or size < 20 or self.odd4[proto]:
                return False
            header = 20
            six = False
        elif kind == IPV6:
            proto = ip[6]
            size = 40 + be16(ip + 4)
            if ip[0] >> 4 != 6 or size == 40 or self.odd6[proto]:
                return False
            header = 40
            six = True
        else:
            return False
        l4 = ip + header
        wire = at + size
        if proto == UDP:
            length = be16(l4 + 4)
            if length >= 8:
                wire = min(wire, at + header + length)
        data_at = at + header + (max(20, l4[12] >> 4 << 2) if proto == TCP else self.header[proto])
        stop = min(wire, p.stop)
        if data_at > stop:
            return False
        if self.with_ports[proto]:
            key_a, key_b = be16(l4), be16(l4 + 2)
        if proto == UDP:
            if self.to_port[key_b] or self.from_port[key_a]:
                return False
            told = p.data + data_at
            if wire - data_at >= 40 and stop > data_at and told[0] >> 4 == 6 and (
                stop - data_at < 28 or be32(told + 8) == TEREDO or be32(told + 24) == TEREDO
            ):
                return False
        elif (proto == ICMP and l4[0] == 3 and l4[1] != TOO_BIG) or (proto == ICMPV6 and l4[0] == 1):
            return False

        row = self._next()
        row.payload, row.kept, row.data_at = wire - data_at, stop - data_at, p.base + data_at
        if proto == TCP:
            row.seq, row.ack, row.tcp = be32(l4 + 4), be32(l4 + 8), l4[13]
            if l4[13] & RST:
                row.payload = row.kept = 0
        elif proto == ICMP or proto == ICMPV6:
            key_a = l4[0]
            answer = self.answer[1 if proto == ICMPV6 else 0, key_a]
            row.icmp = <uint16_t>be16(l4)
            key_b = l4[1] if answer < 0 else answer
            row.oneway = answer < 0
        if six:
            row.src_high, row.src_low = be64(ip + 8), be64(ip + 16)
            row.dst_high, row.dst_low = be64(ip + 24), be64(ip + 32)
        else:
            row.src_low, row.dst_low = be32(ip + 12), be32(ip + 16)
        row.key_a, row.key_b, row.v6, row.proto = <uint16_t>key_a, <uint16_t>key_b, six, proto
        row.size, row.mac = size, mac
        row.time, row.number, row.file = p.time, p.number, p.file
        if vlans:
            row.context = self._context_of(vlans, 0)
        return True

    cdef int32_t _context_of(self, uint64_t vlans, int32_t path) except -1:
        cdef Py_ssize_t at
        cdef int32_t number
        if not vlans and not path:
            return 0
        at = <Py_ssize_t>((vlans ^ vlans >> 12 ^ <uint64_t>path * 31) % CACHE)
        if self.cached_path[at] == path and self.cached_vlans[at] == vlans:
            return self.cached_number[at]
        stack, left = [], vlans
        while left:
            stack.insert(0, left & 0xFFF)
            left >>= 12
        number = self.context(tuple(stack), self.tunnels[path])
        self.cached_path[at], self.cached_vlans[at], self.cached_number[at] = path, vlans, number
        return number

    cdef int64_t _link(self, Place *p, int32_t link) except? -1:
        """Go to the network layer; returns its EtherType."""
        if link == 1:
            return self._ethernet(p)
        if link == 12 or link == 14 or link == 101 or link == 228 or link == 229:
            return plain_ip(p)
        if link == 0 or link == 108:
            return self._null(p)
        return LEFT

    cdef int64_t _null(self, Place *p) except? -1:
        cdef int64_t family = u32(p, 0)
        if family > 0xFFFF:
            family = family >> 24 | (family >> 8 & 0xFF00) | (family << 8 & 0xFF0000) | (family & 0xFF) << 24
        if not skip(p, 4):
            return LEFT
        if family == 2:
            return IPV4
        return IPV6 if family == 10 or family == 24 or family == 28 or family == 30 else LEFT

    cdef int64_t _ethernet(self, Place *p) except? -1:
        cdef int64_t kind = u16(p, 12)
        if kind < 0:
            return LEFT
        p.mac = u16(p, 6) << 32 | u32(p, 8)
        if not skip(p, 14):
            return LEFT
        return self._ether_type(p, kind)

    cdef int64_t _ether_type(self, Place *p, int64_t kind) except? -1:
        """As ``framing.ether_type``; the EtherType of what is not IP takes the path's place."""
        cdef int64_t number
        while kind != IPV4 and kind != IPV6:
            if kind < 0 or kind <= 1500:
                return LEFT
            if self.tags[kind] == TAG:
                number, kind = u16(p, 0), u16(p, 2)
                if number < 0 or kind < 0 or p.tags == MAX_TAGS or not skip(p, 4):
                    return LEFT
                if number & 0xFFF:
                    p.vlans = p.vlans << 12 | <uint64_t>(number & 0xFFF)
                    p.tags += 1
            elif kind == 0x8847 or kind == 0x8848:
                return self._mpls(p)
            elif kind == 0x8864:
                number = u16(p, 4)
                if number < 0:
                    return LEFT
                p.wire = min(p.wire, p.at + 6 + number)
                return self._ppp(p) if skip(p, 6) else LEFT
            elif kind == 0x8926:
                kind = u16(p, 4)
                if not skip(p, 6):
                    return LEFT
            elif kind == 0x8909:
                kind = u16(p, 6)
                if not skip(p, 8):
                    return LEFT
            elif kind == 0x88E7 or kind == 0x8903 or kind == BRIDGED:
                if not skip(p, 4 if kind == 0x88E7 else 2 if kind == 0x8903 else 0):
                    return LEFT
                return self._ethernet(p)
            elif self.tags[kind] == SILENT:
                if not p.tunnels:
                    p.path = <int32_t>kind
                return NO_IP
            else:
                return LEFT
        return kind

    cdef int64_t _mpls(self, Place *p) except? -1:
        cdef int64_t label
        while True:
            label = u32(p, 0)
            if label < 0 or not skip(p, 4):
                return LEFT
            if label & 0x100:
                break
        label = u8(p, 0)
        if label < 0:
            return LEFT
        if label >> 4:
            return plain_ip(p)
        return self._ethernet(p) if skip(p, 4) else LEFT

    cdef int64_t _ppp(self, Place *p) except? -1:
        cdef int64_t protocol = u16(p, 0)
        if protocol == 0xFF03 and not skip(p, 2):
            return LEFT
        protocol = u8(p, 0)
        if protocol < 0:
            return LEFT
        if protocol & 1:
            p.at += 1
        else:
            protocol = u16(p, 0)
            p.at += 2
        p.layers += 1
        if p.layers > MAX_LAYERS:
            return LEFT
        if protocol == 0x21 or protocol == 0x57:
            return IPV4 if protocol == 0x21 else IPV6
        if protocol < 0x8000:
            return LEFT
        if not p.tunnels:
            p.path = PPP_CONTROL
        return NO_IP

    cdef int64_t _ip(self, Place *p, int64_t kind) except? -1:
        """The packet here and those inside it; 0, or ``LEFT``."""
        cdef Ends ends
        cdef int64_t first = u8(p, 0), proto, placed = 0, option, length, header
        cdef Py_ssize_t at
        if first < 0:
            return LEFT
        if kind == IPV4:
            header = (first & 15) * 4
            ends.size, placed = u16(p, 2), u16(p, 6)
            if first >> 4 != 4 or header < 20 or p.at + header > p.stop:
                return LEFT
            if not ends.size:
                ends.size = p.wire - p.at
            if ends.size < header:
                return LEFT
            proto, length = u8(p, 9), u16(p, 4)
            ends.six, ends.src_high, ends.dst_high = False, 0, 0
            ends.src_low, ends.dst_low = <uint64_t>u32(p, 12), <uint64_t>u32(p, 16)
            at = 20
            while at + 3 <= header:
                option = u8(p, at)
                if option == 0:
                    break
                if option == 131 or option == 137:
                    return LEFT
                at += 1 if option == 1 else max(u8(p, at + 1), 2)
        else:
            if first >> 4 != 6 or p.at + 40 > p.stop:
                return LEFT
            header = 40
            length, proto = u16(p, 4), u8(p, 6)
            ends.size = 40 + length if length or proto == 59 else p.wire - p.at
            ends.six = True
            ends.src_high, ends.src_low = u64(p, 8), u64(p, 16)
            ends.dst_high, ends.dst_low = u64(p, 24), u64(p, 32)
        p.wire = p.at + ends.size
        if not skip(p, header):
            return LEFT
        if placed & 0x3FFF:
            return self._fragment(p, &ends, proto, length, (placed & 0x1FFF) * 8, placed & 0x2000 != 0)
        return self._payload(p, &ends, proto)

    cdef int64_t _payload(self, Place *p, Ends *ends, int64_t proto) except? -1:
        cdef int64_t following, length, placed, number
        while True:
            if proto == 51:
                following, length = u8(p, 0), (u8(p, 1) + 2) * 4
            elif ends.six and proto == 44:
                following, placed, number = u8(p, 0), u16(p, 2), u32(p, 4)
                if number < 0 or not skip(p, 8):
                    return LEFT
                if placed & 0xFFF9:
                    return self._fragment(p, ends, following, number, placed & 0xFFF8, placed & 1 != 0)
                proto = following
                continue
            elif ends.six and self.extensions[proto]:
                following, length = u8(p, 0), (u8(p, 1) + 1) * 8
                if proto == 43 and u8(p, 3) != 0:
                    return LEFT  # a source route that is not used up
                if proto == 135 and following == 59:
                    break
            else:
                break
            if following < 0 or p.at + 2 > p.stop or p.at + length > p.wire or not skip(p, length):
                return LEFT
            proto = following
        return self._transport(p, ends, proto)

    cdef int64_t _transport(self, Place *p, Ends *ends, int64_t proto) except? -1:
        """Add the row, and go on inside."""
        cdef int64_t header = self.header[proto], key_a = 0, key_b = 0, length, answer, flags = 0, quote = 0
        cdef Py_ssize_t end = min(p.wire, p.stop), there = end - p.at, data_at
        cdef bint short = False
        cdef Row *row
        if proto == UDP and there >= 8:
            length = u16(p, 4)
            if length >= 8:
                p.wire = min(p.wire, p.at + length)
                end = min(p.wire, p.stop)
                there = end - p.at
        if there < header:
            if there < 0 or not p.unfinished:
                return LEFT
            short = True
        row = self._next()
        if self.with_ports[proto]:
            if there >= 4:
                key_a, key_b = u16(p, 0), u16(p, 2)
        elif (proto == ICMP or proto == ICMPV6) and there >= 2:
            key_a = u8(p, 0)
            answer = self.answer[1 if proto == ICMPV6 else 0, key_a]
            row.icmp = <uint16_t>u16(p, 0)
            key_b = u8(p, 1) if answer < 0 else answer
            row.oneway = answer < 0
            quote = key_a == 1 if proto == ICMPV6 else key_a == 3 and u8(p, 1) != TOO_BIG
        if proto == TCP and not short:
            flags = u8(p, 13)
            row.seq, row.ack = u32(p, 4), u32(p, 8)
            header = max(header, (u8(p, 12) >> 4) * 4)
            if there < header:
                if not p.unfinished:
                    return LEFT
                short = True
        data_at = min(p.at + header, end)
        row.payload, row.kept = max(0, p.wire - p.at - header), end - data_at
        if flags & RST:
            row.payload = row.kept = 0
        row.src_high, row.src_low, row.dst_high, row.dst_low = ends.src_high, ends.src_low, ends.dst_high, ends.dst_low
        row.key_a, row.key_b = <uint16_t>key_a, <uint16_t>key_b
        row.v6, row.proto, row.tcp = ends.six, <uint8_t>proto, <uint8_t>flags
        row.size, row.mac = ends.size, p.mac
        row.data_at = self._aside(p.data + data_at, row.kept) if p.apart else p.base + data_at
        row.time, row.number, row.file = p.time, p.number, p.file
        row.damaged, row.buffer = p.damaged, p.apart
        row.context = self._context_of(p.vlans, p.path)
        if short:
            return 0
        if quote:
            return self._quoted(p, header)
        return self._inside(p, ends, proto, key_a, key_b)

    cdef int64_t _quoted(self, const Place *outer, int64_t header) except? -1:
        """Tell whose packet an unreachable message quotes."""
        cdef Place p = outer[0]
        cdef int64_t first, proto, sport = 0, dport = 0
        p.at += header
        first = u8(&p, 0)
        if first < 0 or p.at + (40 if first >> 4 == 6 else 20) > p.stop:
            return LEFT
        if first >> 4 == 6:
            proto, header = u8(&p, 6), 40
            source, target = <object>u64(&p, 8) << 64 | u64(&p, 16), <object>u64(&p, 24) << 64 | u64(&p, 32)
        else:
            proto, header = u8(&p, 9), (first & 15) * 4
            source, target = u32(&p, 12), u32(&p, 16)
        if self.with_ports[proto]:
            sport, dport = u16(&p, header), u16(&p, header + 2)
            if dport < 0:
                return LEFT
        self.scalar.refusals.append(
            Refusal(first >> 4 == 6, source, target, proto, sport, dport, self.tunnels[p.path])
        )
        return 0

    cdef Py_ssize_t _aside(self, const uint8_t *data, Py_ssize_t length) except -1:
        """Keep payload in the second buffer; returns where it lies."""
        cdef Py_ssize_t before = PyByteArray_GET_SIZE(self.extra)
        if length:
            PyByteArray_Resize(self.extra, before + length)
            memcpy(PyByteArray_AS_STRING(self.extra) + before, data, length)
        return before

    cdef int64_t _fragment(self, Place *p, Ends *ends, int64_t proto, int64_t number, int64_t start,
                           bint more) except? -1:
        """Put a piece with its siblings, and go on in the datagram if that is whole now."""
        cdef int64_t wire = p.wire - p.at
        cdef Key key
        cdef Head head
        cdef Piece piece
        cdef Datagram *whole
        cdef uint64_t mixed
        if p.apart or wire < 0 or start + wire > MAX_LENGTH or (more and wire & 7):
            return LEFT
        key.src_high, key.src_low = ends.src_high, ends.src_low
        key.dst_high, key.dst_low = ends.dst_high, ends.dst_low
        key.number, key.six, key.proto = <uint32_t>number, ends.six, 0 if ends.six else <uint8_t>proto
        key.context = self._context_of(p.vlans, p.path)
        head.proto, head.damaged, head.layers, head.known = <uint8_t>proto, p.damaged, p.layers, True
        head.size, head.head, head.mac = ends.size, ends.size - wire, p.mac
        head.vlans, head.path, head.tags, head.tunnels = p.vlans, p.path, p.tags, p.tunnels
        piece.data, piece.length = p.data + p.at, <int32_t>(min(p.wire, p.stop) - p.at)
        piece.start, piece.wire, piece.more = <int32_t>start, <int32_t>wire, more
        piece.time, piece.number, piece.file = p.time, p.number, p.file
        self.fragments.give_up(p.time)
        mixed = self.fragments.hash_of(&key)
        if self.fragments.repeats(&key, mixed, &piece):
            return 0
        self.waits = True
        whole = self.fragments.put(&key, mixed, &head, &piece)
        if whole is not NULL:
            self._whole(whole)
        return 0

    cdef int _whole(self, Datagram *datagram) except -1:
        """The packets in a datagram that was put together."""
        if not self._inside_of(datagram, datagram.length, datagram.length, datagram.head.head + datagram.length, False):
            told = self.fragments.object_of(datagram)
            free_lists(datagram)
            self._put(self.scalar.assembled(told, self.fragments.late_objects()))
            return 0
        (self.contradicting if datagram.damaged else self.whole).add(datagram.frames, datagram.count)
        free_lists(datagram)
        return 0

    cdef int _given_up(self, Datagram *datagram) except -1:
        """What is known of a datagram that never came whole."""
        cdef Row *row
        cdef Key *key = &datagram.key
        if datagram.spans == 0 or datagram.have[0].start != 0:
            row = self._next()
            row.src_high, row.src_low, row.dst_high, row.dst_low = key.src_high, key.src_low, key.dst_high, key.dst_low
            row.v6, row.proto, row.damaged, row.buffer = key.six, datagram.head.proto, True, True
            row.size, row.mac = datagram.head.size, datagram.head.mac
            row.data_at = self._aside(datagram.data, 0)
            row.time, row.number, row.file = datagram.time, datagram.number, datagram.file
            row.context = key.context
        elif not self._inside_of(datagram, datagram.have[0].end, datagram.wire, datagram.wire, True):
            self._put(self.scalar.unfinished(self.fragments.object_of(datagram)))
            return 0
        self.given_up.add(datagram.frames, datagram.count)
        return 0

    cdef bint _inside_of(self, Datagram *datagram, int32_t there, int64_t wire, int64_t size,
                         bint unfinished) except -1:
        """Decode the first bytes of a datagram; false, and nothing done, where that is left to the scalar decoder."""
        cdef Place p
        cdef Ends ends
        cdef Head *head = &datagram.head
        cdef Py_ssize_t before = self.rows, kept = PyByteArray_GET_SIZE(self.extra)
        if not head.known:
            return False
        p.data, p.base, p.at, p.stop, p.wire = datagram.data, 0, 0, there, wire
        p.mac, p.vlans, p.path = head.mac, head.vlans, head.path
        p.tags, p.layers, p.tunnels = head.tags, head.layers, head.tunnels
        p.time, p.number, p.file = datagram.time, datagram.number, datagram.file
        p.apart, p.unfinished, p.damaged = True, unfinished, unfinished or head.damaged or datagram.damaged
        ends.six, ends.size = datagram.key.six, size
        ends.src_high, ends.src_low = datagram.key.src_high, datagram.key.src_low
        ends.dst_high, ends.dst_low = datagram.key.dst_high, datagram.key.dst_low
        if self._payload(&p, &ends, head.proto) == LEFT:
            self.rows = before
            PyByteArray_Resize(self.extra, kept)
            return False
        return True

    cdef int64_t _inside(self, Place *outer, Ends *ends, int64_t proto, int64_t sport, int64_t dport) except? -1:
        """Tunnels; 0 where there is none."""
        cdef Place inner = outer[0]
        cdef int64_t kind = 0
        if proto == UDP:
            inner.at += 8
            if inner.at >= min(inner.wire, inner.stop):
                return 0
            if dport == 4789 or dport == 8472:
                kind = self._vxlan(&inner, ends)
            elif dport == 6081:
                kind = self._geneve(&inner, ends)
            elif dport == 2152 or (sport == 2152 and not self.to_port[dport]):
                kind = self._gtp(&inner, ends)
            elif dport == TEREDO_PORT or (sport == TEREDO_PORT and not self.to_port[dport]):
                kind = self._teredo_service(&inner, ends)
            elif self.to_port[dport] or self.from_port[sport]:
                return LEFT
            elif inner.wire - inner.at >= 40 and u8(&inner, 0) >> 4 == 6:
                kind = self._teredo(&inner, ends)
        elif inner.at >= inner.wire:
            return 0
        elif proto == 47:
            kind = self._gre(&inner, ends)
        elif proto == 4 or proto == 41:
            kind = IPV4 if proto == 4 else IPV6
            if not self._enter(&inner, ends, (4 if proto == 4 else 6) * 10 + (6 if ends.six else 4), -1, 0):
                return LEFT
        elif proto == 97 or proto == 115 or proto == 136 or proto == 137 or proto == 143:
            return LEFT
        if kind == NO_IP:
            return 0
        return self._ip(&inner, kind) if kind > 0 else kind

    cdef bint _enter(self, Place *p, Ends *ends, int32_t kind, int64_t number, int64_t header) except -1:
        """Go into a tunnel of this kind, as ``Cursor.enter_tunnel``; false where it is too deep."""
        cdef Name name
        cdef bint turned = ends.src_high > ends.dst_high or (
            ends.src_high == ends.dst_high and ends.src_low > ends.dst_low
        )
        if p.tunnels >= MAX_TUNNELS:
            return False
        name.path, name.kind, name.six, name.number = p.path, kind, ends.six, <int32_t>number
        name.ends[0], name.ends[1] = ends.src_high, ends.src_low
        name.ends[2], name.ends[3] = ends.dst_high, ends.dst_low
        if turned:
            name.ends[0], name.ends[1], name.ends[2], name.ends[3] = (
                name.ends[2], name.ends[3], name.ends[0], name.ends[1]
            )
        key = (<const char *>&name)[: sizeof(Name)]
        path = self.paths.get(key)
        if path is None:
            low = <object>name.ends[0] << 64 | name.ends[1]
            high = <object>name.ends[2] << 64 | name.ends[3]
            path = self.paths[key] = len(self.tunnels)
            self.tunnels.append((*self.tunnels[p.path], self.name(kind, ends.six, low, high, number)))
        p.path = path
        p.tunnels += 1
        p.mac = -1
        return skip(p, header)

    cdef int64_t _gre(self, Place *p, Ends *ends) except? -1:
        cdef int64_t flags = u16(p, 0), kind = u16(p, 2), header = 4, key = -1, tail
        if flags < 0 or kind < 0:
            return LEFT
        if flags & 7 == 1 and kind == 0x880B:
            header = 8 + (4 if flags & 0x1000 else 0) + (4 if flags & 0x80 else 0)
            tail = u16(p, 4)
            if tail < 0:
                return LEFT
            if not flags & 0x1000 or tail == 0:
                return 0
            return self._ppp(p) if self._enter(p, ends, 1, -1, header) else LEFT
        if flags & 7 or flags & 0x4000:
            return LEFT
        if flags & 0x8000:
            header += 4
        if flags & 0x2000:
            key = u32(p, header)
            header += 4
            if key < 0:
                return LEFT
        if flags & 0x1000:
            header += 4
        if kind == 0x88BE:
            header += 8 if flags & 0x1000 else 0
            return self._ethernet(p) if self._enter(p, ends, 2, -1, header) else LEFT
        if kind == 0x22EB:
            tail = u16(p, header + 10)
            if tail < 0 or not self._enter(p, ends, 2, -1, header + (20 if tail & 1 else 12)):
                return LEFT
            return plain_ip(p) if tail >> 10 & 31 == 2 else self._ethernet(p)
        if kind == 0 or kind == 0x2001:
            return 0
        if kind == 0x883E:
            return LEFT
        if kind == BRIDGED and key >= 0:
            return self._ethernet(p) if self._enter(p, ends, 3, key >> 8, header) else LEFT
        return self._ether_type(p, kind) if self._enter(p, ends, 4, -1, header) else LEFT

    cdef int64_t _vxlan(self, Place *p, Ends *ends) except? -1:
        cdef int64_t flags = u32(p, 0), number = u32(p, 4)
        if flags < 0 or number < 0:
            return LEFT
        if flags != 0x08000000 and flags & 0xFFB70000 != 0x88000000 and flags != 0x0C000003 or number & 0xFF:
            return LEFT if flags >> 24 == 0x0C else 0
        return self._ethernet(p) if self._enter(p, ends, 5, number >> 8, 8) else LEFT

    cdef int64_t _geneve(self, Place *p, Ends *ends) except? -1:
        cdef int64_t first = u8(p, 0), kind = u16(p, 2), number = u32(p, 4)
        if number < 0:
            return LEFT
        if first >> 6 or u8(p, 1) & 0x3F or number & 0xFF or (kind != BRIDGED and kind != IPV4 and kind != IPV6):
            return 0
        return self._ether_type(p, kind) if self._enter(p, ends, 6, number >> 8, 8 + (first & 0x3F) * 4) else LEFT

    cdef int64_t _teredo(self, Place *p, Ends *ends) except? -1:
        """On any port, known by its prefix."""
        if u32(p, 24) < 0:
            return LEFT
        if u32(p, 8) != TEREDO and u32(p, 24) != TEREDO:
            return 0
        if p.at + 40 + u16(p, 4) > p.wire:
            return LEFT
        return IPV6 if self._enter(p, ends, 8, -1, 0) else LEFT

    cdef int64_t _teredo_service(self, Place *p, Ends *ends) except? -1:
        """On Teredo's own port: an authentication and an origin indication may stand before the packet."""
        cdef int64_t first = u16(p, 0), header = 0
        if first < 0:
            return LEFT
        if first == 1:
            if u8(p, 3) < 0:
                return LEFT
            header = 4 + u8(p, 2) + u8(p, 3) + 9
        first = u16(p, header)
        if first < 0:
            return LEFT
        if first == 0:
            header += 8
        first = u8(p, header)
        if first < 0:
            return LEFT
        if first >> 4 != 6:
            return 0
        if u16(p, header + 4) < 0:
            return LEFT
        if p.at + header + 40 + u16(p, header + 4) > p.wire:
            return 0
        return IPV6 if self._enter(p, ends, 8, -1, header) else LEFT

    cdef int64_t _gtp(self, Place *p, Ends *ends) except? -1:
        cdef int64_t flags = u8(p, 0), length = u16(p, 2), header, following, size
        if length < 0:
            return LEFT
        if flags >> 4 != 3 or u8(p, 1) != 255 or length + 8 != p.wire - p.at:
            return 0
        header = 12 if flags & 7 else 8
        following = u8(p, 11) if flags & 4 else 0
        while following:
            size = u8(p, header) * 4
            if following < 0 or size <= 0:
                return LEFT
            following = u8(p, header + size - 1)
            header += size
        if not self._enter(p, ends, 7, -1, header):
            return LEFT
        return plain_ip(p) if p.at < p.wire else 0
