from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t


cdef struct Key:  # see fragments.Key
    uint64_t src_high
    uint64_t src_low
    uint64_t dst_high
    uint64_t dst_low
    uint32_t number
    int32_t context
    uint8_t six
    uint8_t proto


cdef struct Head:  # see fragments.Header; the rest is the key's
    uint8_t proto
    bint damaged
    int32_t layers
    int64_t size
    int64_t head
    int64_t mac
    bint known  # whether what follows, the compiled decoder's place, is filled in
    uint64_t vlans
    int32_t path
    int32_t tags
    int32_t tunnels


cdef enum:
    FILE = 40  # see columns.FILE


cdef struct Piece:  # see fragments.Piece; of one frame
    const uint8_t *data
    int32_t start
    int32_t length
    int32_t wire
    bint more
    int64_t time
    int64_t number
    int32_t file


cdef struct Span:
    int32_t start
    int32_t end


cdef struct Datagram:  # see fragments.Datagram
    Key key
    Head head
    uint64_t hash
    int64_t first
    int64_t time
    int64_t number
    int32_t file
    int64_t wire
    int32_t total
    bint damaged
    bint done
    uint8_t *data
    int32_t length
    int32_t room
    Span *have
    int32_t spans
    int32_t span_room
    int64_t *frames
    int64_t count
    int64_t frame_room
    Datagram *chained  # the next of the same bucket
    Datagram **place  # what points at this one
    Datagram *older
    Datagram *newer


cdef struct Line:  # datagrams in the order of their age
    Datagram *oldest
    Datagram *newest
    int64_t count
    int64_t bytes


cdef class Fragments:
    cdef Datagram **buckets
    cdef uint64_t odd
    cdef Line pending, done, late
    cdef int64_t max_datagrams, max_bytes, timeout, per_piece

    cdef uint64_t hash_of(self, const Key *key) noexcept
    cdef Datagram *_find(self, const Key *key, uint64_t number, bint done) noexcept
    cdef void _unchain(self, Datagram *datagram) noexcept
    cdef int64_t _held(self, const Datagram *datagram) noexcept
    cdef void _forget(self, Line *line) noexcept
    cdef Datagram *_give_up(self) noexcept
    cdef void give_up(self, int64_t now) noexcept
    cdef bint repeats(self, const Key *key, uint64_t number, const Piece *piece) noexcept
    cdef Datagram *put(self, const Key *key, uint64_t number, const Head *head, const Piece *piece) except? NULL
    cdef int _keep(self, Datagram *datagram) except -1
    cdef Datagram *_new(self, const Key *key, uint64_t number) except NULL
    cdef int _line(self, int which) except -1
    cdef object _told_and_freed(self, Datagram *datagram)
    cdef object object_of(self, const Datagram *datagram)
    cdef list late_objects(self)
    cdef void drop_late(self) noexcept


cdef void release(Datagram *datagram) noexcept
cdef void free_lists(Datagram *datagram) noexcept
