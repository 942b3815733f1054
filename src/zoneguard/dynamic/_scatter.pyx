# cython: language_level=3, boundscheck=True, wraparound=False, initializedcheck=False, cdivision=True
"""``_scattering.by_joining``, piece by piece."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy


def scatter(const uint8_t[::1] source, const int64_t[::1] at, const int64_t[::1] sizes, uint8_t[::1] target,
            const int64_t[::1] place):
    """Copy pieces of ``source`` to their places in ``target``, which is another buffer."""
    cdef Py_ssize_t row
    cdef int64_t begin, to, size
    for row in range(at.shape[0]):
        begin, to, size = at[row], place[row], sizes[row]
        if not size:
            continue
        if begin < 0 or to < 0 or size < 0 or size > source.shape[0] - begin or size > target.shape[0] - to:
            raise IndexError("a piece outside of its buffer")
        memcpy(&target[to], &source[begin], size)
