"""System call filters: an allow-list first, then a list of calls that end the process.

Two filters, because the kernel obeys the stricter of them. With the first, a call outside the list fails with "not
permitted", so the self-test can try every escape and live. The second then kills on calls no decoder ever makes. What
remains merely refused are calls a library may try harmlessly, such as the MPEG-TS reader asking for the
character set file ISO_6937 (seen with strace; it then goes on without).
Source: Documentation/userspace-api/seccomp_filter.rst, linux/bpf_common.h, linux/seccomp.h.
"""

import ctypes
import errno
import os
import struct
from enum import IntEnum

from vigie.engines.imaging.confinement.kernel_calls import system_call
from vigie.engines.imaging.confinement.syscalls import MACHINES, MachineCalls

ALLOW = 0x7FFF_0000
KILL = 0x8000_0000
REFUSE = 0x0005_0000 | errno.EPERM
NO_SUCH_CALL = 0x0005_0000 | errno.ENOSYS

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

# Where struct seccomp_data keeps things; arguments are 64 bit, low half first on both machines
_CALL_NUMBER = 0
_MACHINE = 4
_FIRST_ARGUMENT = 16
_THIRD_ARGUMENT = 32

_PROT_EXEC = 4
_THREAD = 0x0001_0000 | 0x0000_0100  # CLONE_THREAD | CLONE_VM
_NEW_NAMESPACES = 0x7E02_0080  # CLONE_NEW{USER,PID,NET,IPC,UTS,CGROUP,NS,TIME}

_SET_MODE_FILTER = 1


class Threads(IntEnum):
    """To which threads a filter applies; the value is the flag of the seccomp call."""

    THIS_ONE = 0
    ALL = 1  # SECCOMP_FILTER_FLAG_TSYNC


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _answer(action: int) -> bytes:
    return _instruction(_RETURN, action)


def _for_call(number: int, body: bytes) -> bytes:
    """Return the instructions that run `body`, which must answer, when the call is `number`."""
    return _instruction(_EQUAL, number, 0, len(body) // 8) + body


def _preamble(machine: MachineCalls) -> bytes:
    start = (
        _instruction(_LOAD, _MACHINE)
        + _instruction(_EQUAL, machine.audit_arch, 1, 0)
        + _answer(KILL)
        + _instruction(_LOAD, _CALL_NUMBER)
    )
    if machine.first_foreign is None:
        return start
    return start + _instruction(_AT_LEAST, machine.first_foreign, 0, 1) + _answer(KILL)


def _unless_executable(otherwise: int) -> bytes:
    return (
        _instruction(_LOAD, _THIRD_ARGUMENT)
        + _instruction(_ANY_BIT, _PROT_EXEC, 0, 1)
        + _answer(otherwise)
        + _answer(ALLOW)
    )


def _threads_only(otherwise: int) -> bytes:
    return (
        _instruction(_LOAD, _FIRST_ARGUMENT)
        + _instruction(_AND, _THREAD | _NEW_NAMESPACES)
        + _instruction(_EQUAL, _THREAD, 0, 1)
        + _answer(ALLOW)
        + _answer(otherwise)
    )


def holding_program(machine: MachineCalls) -> bytes:
    """Return the first filter: what is not on the allow-list fails with EPERM."""
    program = _preamble(machine)
    for number in machine.allowed:
        program += _for_call(number, _answer(ALLOW))
    for number in machine.mapping:
        program += _for_call(number, _unless_executable(REFUSE))
    program += _for_call(machine.clone, _threads_only(REFUSE))
    program += _for_call(machine.clone3, _answer(NO_SUCH_CALL))
    program += _for_call(machine.seccomp, _answer(ALLOW))
    return program + _answer(REFUSE)


def killing_program(machine: MachineCalls) -> bytes:
    """Return the second filter: hostile calls end the process, the first filter decides on the rest."""
    program = _preamble(machine)
    for number in (*machine.deadly, machine.seccomp):
        program += _for_call(number, _answer(KILL))
    for number in machine.mapping:
        program += _for_call(number, _unless_executable(KILL))
    program += _for_call(machine.clone, _threads_only(KILL))
    return program + _answer(ALLOW)


def this_machine() -> MachineCalls | None:
    """Return the call numbers of this machine, None where the tables have none."""
    for name, calls in MACHINES.items():
        if name == os.uname().machine:
            return calls
    return None


def install(machine: MachineCalls, program: bytes, threads: Threads = Threads.ALL) -> None:
    """Put a filter over the calling thread, or over all threads of the process; it cannot be taken off again.

    Needs no_new_privs. Raises OSError when the kernel refuses, also when another thread could not be filtered.
    """
    wanted = _Program(len(program) // 8, program)
    stubborn = system_call(machine.seccomp, _SET_MODE_FILTER, int(threads), ctypes.pointer(wanted))
    if stubborn:
        raise OSError(errno.EBUSY, f"thread {stubborn} could not be filtered")
