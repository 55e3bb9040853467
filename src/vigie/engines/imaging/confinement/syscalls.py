"""The kernel calls a confined worker may make, and those that end it, with their numbers on both machines.

Numbers: Linux `asm/unistd_64.h` (x86-64) and `asm-generic/unistd.h` (arm64); None where a machine has no such call.
"""

from dataclasses import dataclass
from typing import Literal

Machine = Literal["x86_64", "aarch64"]

# What a decoder that has been warmed up needs: memory, time, threads' locks and the two pipes already open. There is
# no call here that names a file, a process or a machine. Measured with strace over every format of the tests.
ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "close": (3, 57),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "futex": (202, 98),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "times": (100, 153),
    "getrandom": (318, 278),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getrusage": (98, 165),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "setitimer": (38, 103),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
}

# Allowed only without PROT_EXEC: no new machine code enters a worker.
MAPPING: dict[str, tuple[int | None, int | None]] = {"mmap": (9, 222), "mprotect": (10, 226)}

# Allowed only for a thread of the same process (libde265 decodes HEIC in one).
CLONE: tuple[int, int] = (56, 220)
# Its flags lie behind a pointer a filter cannot follow: "no such call" makes the C library use clone instead.
CLONE3: tuple[int, int] = (435, 435)
# Needed once more to install the second filter, which then forbids it.
SECCOMP: tuple[int, int] = (317, 277)

# No decoder ever makes these; a process that tries one has been taken over.
DEADLY: dict[str, tuple[int | None, int | None]] = {
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvfrom": (45, 207),
    "recvmsg": (47, 212),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "mount": (165, 40),
    "umount2": (166, 39),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "open_tree": (428, 428),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "open_by_handle_at": (304, 265),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "userfaultfd": (323, 282),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "pkey_mprotect": (329, 288),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "personality": (135, 92),
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "capset": (126, 91),
}


@dataclass(frozen=True, slots=True)
class MachineCalls:
    """The numbers of one kind of machine; `audit_arch` is how the kernel names it to a filter."""

    audit_arch: int
    allowed: tuple[int, ...]
    mapping: tuple[int, ...]
    deadly: tuple[int, ...]
    clone: int
    clone3: int
    seccomp: int
    first_foreign: int | None  # numbers from here on belong to the x32 interface and are refused


def _numbers(calls: dict[str, tuple[int | None, int | None]], column: int) -> tuple[int, ...]:
    return tuple(number for pair in calls.values() if (number := pair[column]) is not None)


def _machine(column: int, audit_arch: int, first_foreign: int | None) -> MachineCalls:
    return MachineCalls(
        audit_arch=audit_arch,
        allowed=_numbers(ALLOWED, column),
        mapping=_numbers(MAPPING, column),
        deadly=_numbers(DEADLY, column),
        clone=CLONE[column],
        clone3=CLONE3[column],
        seccomp=SECCOMP[column],
        first_foreign=first_foreign,
    )


# AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h; __X32_SYSCALL_BIT of asm/unistd.h
MACHINES: dict[Machine, MachineCalls] = {
    "x86_64": _machine(0, 0xC000_003E, 0x4000_0000),
    "aarch64": _machine(1, 0xC000_00B7, None),
}
