"""Landlock: the calling thread and what it starts lose the file system, the network and signals to others.

Source: Documentation/userspace-api/landlock.rst of Linux 6.18 (ABI 7). The call numbers are the same on every machine.
"""

import ctypes
import os

from vigie.engines.imaging.confinement.kernel_calls import system_call

_CREATE_RULESET = 444
_RESTRICT_SELF = 446
_ASK_VERSION = 1

# How many file rights each version knows: 13 in the first, then rename across folders, truncate, device ioctl
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST_FILE_RIGHTS = 16
_TCP_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("file_rights", ctypes.c_uint64),
        ("network_rights", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    ]


def version() -> int:
    """Return the Landlock version of this kernel, 0 where it has none or has it switched off."""
    try:
        return system_call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    except OSError:
        return 0


def restrict(abi: int) -> None:
    """Take every right that version `abi` knows from the calling thread; no rule gives any back.

    Needs no_new_privs. Threads that already run are not restricted (the system call filter takes care of those).
    Raises OSError when the kernel refuses.
    """
    wanted = _Ruleset(
        file_rights=(1 << _FILE_RIGHTS.get(abi, _NEWEST_FILE_RIGHTS)) - 1,
        network_rights=_TCP_BIND_AND_CONNECT if abi >= 4 else 0,
        scopes=_ABSTRACT_SOCKETS_AND_SIGNALS if abi >= 6 else 0,
    )
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = system_call(_CREATE_RULESET, ctypes.pointer(wanted), size, 0)
    try:
        system_call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)  # a worker holds nothing open but its pipes
