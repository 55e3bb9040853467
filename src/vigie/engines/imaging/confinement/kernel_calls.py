"""The few kernel calls Python has no name for, made through the C library."""

import ctypes
import os
from functools import cache

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_DUMPABLE = 4
_CAPABILITY_VERSION_3 = 0x2008_0522  # linux/capability.h
_CAPSET = {"x86_64": 126, "aarch64": 91}


@cache  # one handle to the C library, which is loaded anyway
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *arguments: "int | ctypes._Pointer[ctypes.Structure] | None") -> int:
    """Return what the kernel answers to the call `number`; raises OSError with its errno."""
    passed = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    answer = _library().syscall(ctypes.c_long(number), *passed)
    return _checked(answer)


def process_control(option: int, value: int) -> None:
    """Set one prctl `option` of the calling thread or process; raises OSError when refused."""
    _checked(_library().prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3))


def trace_me() -> int:
    """Ask to be traced by the parent (ptrace, PTRACE_TRACEME); raises OSError when refused."""
    return _checked(_library().ptrace(0, 0, None, None))


def forbid_new_privileges() -> None:
    """Make sure this thread and its children never gain rights by executing a file; a filter needs it."""
    process_control(_PR_SET_NO_NEW_PRIVS, 1)


def forbid_inspection() -> None:
    """Keep other processes of the same user from reading this one's memory, which holds decrypted pictures."""
    process_control(_PR_SET_DUMPABLE, 0)


def drop_capabilities() -> None:
    """Give up every capability of the calling thread; raises OSError when refused, KeyError on other machines."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    number = _CAPSET[os.uname().machine]
    _checked(_library().syscall(ctypes.c_long(number), ctypes.byref(header), ctypes.byref(nothing)))


def _checked(answer: int) -> int:
    if answer == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return answer
