from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint64_t


cdef struct Row:  # a record of columns.ROW
    int64_t time
    int64_t number
    uint64_t src_high
    uint64_t src_low
    uint64_t dst_high
    uint64_t dst_low
    int64_t size
    int64_t payload
    int64_t kept
    int64_t data_at
    int64_t seq
    int64_t ack
    int64_t mac
    int32_t file
    int32_t context
    uint16_t key_a
    uint16_t key_b
    uint16_t icmp
    uint8_t v6
    uint8_t proto
    uint8_t oneway
    uint8_t tcp
    uint8_t damaged
    uint8_t buffer
