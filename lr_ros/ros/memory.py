"""Keeps a process that trains from holding more memory than it uses."""

from __future__ import annotations

import ctypes
import os

_KERNELS = "64"
# A training step of the trainable stage uses about so many of oneDNN's compiled kernels. By default
# those of the last 1024 shapes are kept, each with its buffers: hundreds of megabytes, since
# sessions differ in size. Recompiling them takes no time that could be measured.


_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h
_ARENAS = 2
# By default each thread that allocates gets a heap of its own, up to eight a processor. What one
# training leaves in the middle of each keeps the next ones from being given back.


def share_heaps() -> None:
    """Let all threads allocate from two heaps; to be called before threads are started.

    ``MALLOC_ARENA_MAX`` in the environment is kept; without glibc nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and "MALLOC_ARENA_MAX" not in os.environ:
        mallopt(_ARENA_MAX, _ARENAS)


def limit_kernels() -> None:
    """Bound torch's cache of compiled kernels; to be called before anything is trained."""
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", _KERNELS)


def give_back_memory() -> None:
    """Return freed memory to the system, which glibc keeps otherwise; elsewhere nothing is done."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
