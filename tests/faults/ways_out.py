"""Fifty-eight more ways out of a process, each tried for real: files, sockets, programs, signals, tracing, mounts, keyrings, /proc.

An attempt returns when the way is open and raises OSError when it is closed. Every attempt runs in a child of its own
and does no harm where it succeeds. Some need the machine's administrator, which the suite is in a container.
"""

import ctypes
import mmap
import os
import socket
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vigie.engines.imaging.confinement import probes
from vigie.engines.imaging.confinement.kernel_calls import system_call

_COLUMN = {"x86_64": 0, "aarch64": 1}[os.uname().machine]
_NUMBERS = {
    "add_key": (248, 217),
    "execveat": (322, 281),
    "keyctl": (250, 219),
    "kcmp": (312, 272),
    "mount": (165, 40),
    "msgget": (68, 186),
    "open_tree": (428, 428),
    "openat": (257, 56),
    "openat2": (437, 437),
    "perf_event_open": (298, 241),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "process_vm_readv": (310, 270),
    "ptrace": (101, 117),
    "semget": (64, 190),
    "setns": (308, 268),
    "shmget": (29, 194),
    "syslog": (103, 116),
    "tgkill": (234, 131),
    "unshare": (272, 97),
}
_HERE = -100  # AT_FDCWD
_NEW_MOUNTS = 0x0002_0000  # CLONE_NEWNS
_NEW_USERS = 0x1000_0000  # CLONE_NEWUSER
_SEIZE = 0x4206  # PTRACE_SEIZE: attaches and stops nobody; over when this process ends
_OWN_KEYRING = -2 & 0xFFFFFFFFFFFFFFFF  # KEY_SPEC_PROCESS_KEYRING


def _call(name: str, *arguments: "int | bytes | None") -> int:
    kept = [ctypes.create_string_buffer(one) if isinstance(one, bytes) else one for one in arguments]
    passed = [ctypes.addressof(one) if isinstance(one, ctypes.Array) else (one or 0) for one in kept]
    return system_call(_NUMBERS[name][_COLUMN], *passed)


def _scratch(name: str) -> Path:
    """A place anybody may write to; children end without tidying up, so a name of its own for each."""
    return Path(tempfile.gettempdir()) / f"vigie-way-out-{os.getpid()}-{name}"


def _made_and_removed(make: Callable[[Path], object], remove: Callable[[Path], object]) -> Callable[[], None]:
    def attempt() -> None:
        place = _scratch("made")
        make(place)
        remove(place)

    return attempt


def _read(path: str) -> Callable[[], None]:
    return lambda: os.close(os.open(path, os.O_RDONLY))


def _socket(family: int, kind: int, protocol: int = 0) -> Callable[[], None]:
    return lambda: socket.socket(family, kind, protocol).close()


def _forked_and_gone(make: Callable[[], int]) -> Callable[[], None]:
    def attempt() -> None:
        child = make()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    return attempt


def _send_over_a_pair() -> None:
    one, other = socket.socketpair()
    one.send(b"x")
    other.close()
    one.close()


def _execute_from_a_descriptor() -> None:
    program = os.open("/bin/true", os.O_RDONLY)
    _call("execveat", program, b"", None, None, 0x1000)


def _read_the_parent_s_memory() -> None:
    here = ctypes.create_string_buffer(8)
    local = struct.pack("QQ", ctypes.addressof(here), 8)
    remote = struct.pack("QQ", ctypes.addressof(here), 8)  # a forked child has the same addresses
    _call("process_vm_readv", os.getppid(), local, 1, remote, 1, 0)


def _signal_the_parent_by_a_descriptor() -> None:
    _call("pidfd_send_signal", _call("pidfd_open", os.getppid(), 0), 0, None, 0)


def _enter_the_parent_s_mounts() -> None:
    _call("setns", os.open(f"/proc/{os.getppid()}/ns/mnt", os.O_RDONLY), _NEW_MOUNTS)


def _machine_code_by_a_change_of_rights() -> None:
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    library = ctypes.CDLL(None, use_errno=True)
    start = ctypes.addressof(ctypes.c_char.from_buffer(page))
    if library.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(mmap.PAGESIZE), 7) == -1:
        raise OSError(ctypes.get_errno(), "mprotect")


def _measure_itself() -> None:
    attributes = struct.pack("IIQQQQQ", 1, 112, 1, 0, 0, 0, 1 << 5) + bytes(
        72
    )  # a software clock, kernel left out
    os.close(_call("perf_event_open", attributes, 0, -1 & 0xFFFFFFFFFFFFFFFF, -1 & 0xFFFFFFFFFFFFFFFF, 0))


def _only_zero(status: int) -> None:
    if status != 0:
        raise OSError(status, "the program did not end well")


def _taken_and_given_back(get: str, remove: str) -> Callable[[], None]:
    """A thing of System V that outlives its maker: an id, and the call that removes it."""

    def attempt() -> None:
        identity = _call(get, 0, *((1,) if get == "semget" else (4096,) if get == "shmget" else ()), 0o1600)
        library = ctypes.CDLL(None)
        getattr(library, remove)(identity, *((0, 0) if get == "semget" else (0, None)))

    return attempt


@contextmanager
def a_file_to_change() -> Iterator[None]:
    """Inside the block there is a file that children of this process may try to change."""
    place = _of_the_parent(os.getpid())
    place.touch()
    try:
        yield
    finally:
        place.unlink()


def _of_the_parent(parent: int) -> Path:
    return Path(tempfile.gettempdir()) / f"vigie-way-out-of-{parent}"


def _own(change: Callable[[Path], object]) -> Callable[[], object]:
    """The file is there already, made outside: what is tried is the change alone."""
    return lambda: change(_of_the_parent(os.getppid()))


_FILES: dict[str, Callable[[], object]] = {
    "read the list of accounts": _read("/etc/passwd"),
    "open a device": _read("/dev/null"),
    "open by the older call": lambda: os.close(_call("openat", _HERE, b"/etc/passwd", 0, 0)),
    "open by the newer call": lambda: os.close(_call("openat2", _HERE, b"/etc/passwd", bytes(24), 24)),
    "look at a file": lambda: Path("/etc/passwd").stat(),
    "follow a link": lambda: Path("/proc/self/exe").readlink(),
    "ask for room on a disk": lambda: os.statvfs("/"),
    "change the folder": lambda: os.chdir("/"),
    "make a folder": _made_and_removed(Path.mkdir, Path.rmdir),
    "make a pipe with a name": _made_and_removed(os.mkfifo, Path.unlink),
    "make a link": _made_and_removed(lambda place: place.symlink_to("/etc/passwd"), Path.unlink),
    "rename a file": _own(lambda place: place.rename(place)),
    "cut a file short": _own(lambda place: os.truncate(place, 0)),
    "change a file's rights": _own(lambda place: place.chmod(0o600)),
    "change a file's times": _own(os.utime),
    "look for notes beside a file": _own(os.listxattr),
}
_PROC: dict[str, Callable[[], object]] = {
    "read its own map of memory": _read("/proc/self/maps"),
    "open its own memory": _read("/proc/self/mem"),
    "read its own environment": _read("/proc/self/environ"),
    "read about the first process": _read("/proc/1/status"),
    "read about the machine": _read("/proc/meminfo"),
    "list processes": lambda: list(Path("/proc").iterdir()),
    "list open files": lambda: list(Path("/proc/self/fd").iterdir()),
}
_SOCKETS: dict[str, Callable[[], object]] = {
    "send without a connection": _socket(socket.AF_INET, socket.SOCK_DGRAM),
    "speak the newer internet": _socket(socket.AF_INET6, socket.SOCK_STREAM),
    "send a local message": _socket(socket.AF_UNIX, socket.SOCK_DGRAM),
    "ask the kernel about networks": _socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "speak raw internet": _socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "make a pair of sockets": _send_over_a_pair,
}
_PROGRAMS: dict[str, Callable[[], object]] = {
    "fork twice": _forked_and_gone(os.fork),
    "execute from a descriptor": _execute_from_a_descriptor,
    "execute by the newer call": lambda: _call("execveat", _HERE, b"/bin/true", None, None, 0),
    "start a program as a library does": lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
    "start a shell": lambda: _only_zero(os.system("exit 0")),
    "take new names for users": lambda: _call("unshare", _NEW_USERS),
    "take mounts of its own": lambda: _call("unshare", _NEW_MOUNTS),
    "enter the parent's mounts": _enter_the_parent_s_mounts,
    "machine code by a change of rights": _machine_code_by_a_change_of_rights,
}
_SIGNALS: dict[str, Callable[[], object]] = {
    "signal the parent's group": lambda: os.killpg(os.getpgid(os.getppid()), 0),
    "signal a thread of the parent": lambda: _call("tgkill", os.getppid(), os.getppid(), 0),
    "signal the first process": lambda: os.kill(1, 0),
    "hold the parent by a descriptor": lambda: os.close(_call("pidfd_open", os.getppid(), 0)),
    "signal the parent by a descriptor": _signal_the_parent_by_a_descriptor,
}
_TRACING: dict[str, Callable[[], object]] = {
    "trace the parent": lambda: _call("ptrace", _SEIZE, os.getppid(), 0, 0),
    "read the parent's memory": _read_the_parent_s_memory,
    "compare itself with the parent": lambda: _call("kcmp", os.getpid(), os.getppid(), 1, 0, 0),
    "measure what it runs": _measure_itself,
}
_MOUNTS: dict[str, Callable[[], object]] = {
    "mount": lambda: _call("mount", b"none", b"/", None, 1 << 18, None),
    "copy a tree of mounts": lambda: os.close(_call("open_tree", _HERE, b"/", 0)),
    "change the root": lambda: os.chroot("/"),
}
_KEYS_AND_MEMORY: dict[str, Callable[[], object]] = {
    "ask for its keyring": lambda: _call("keyctl", 0, _OWN_KEYRING, 1),
    "keep a key in the kernel": lambda: _call("add_key", b"user", b"vigie-way-out", b"x", 1, _OWN_KEYRING),
    "share memory by a number": _taken_and_given_back("shmget", "shmctl"),
    "send messages by a number": _taken_and_given_back("msgget", "msgctl"),
    "wait on a shared count": _taken_and_given_back("semget", "semctl"),
    "read the kernel's words": lambda: _call("syslog", 10, None, 0),
    "become somebody else": lambda: os.setuid(os.getuid()),
    "run before others": lambda: os.setpriority(os.PRIO_PROCESS, 0, 0),
}
WAYS: tuple[probes.Probe, ...] = tuple(
    probes.Probe(name, attempt)
    for part in (_FILES, _PROC, _SOCKETS, _PROGRAMS, _SIGNALS, _TRACING, _MOUNTS, _KEYS_AND_MEMORY)
    for name, attempt in part.items()
)
