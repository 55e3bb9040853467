"""The order in which a warmed-up process shuts itself in.

Decoders must be imported and used once before this: afterwards no file can be opened, so nothing more can be loaded.
"""

import os
import resource
import sys

from vigie.engines.imaging.confinement import kernel_calls, landlock, probes, seccomp

_NOBODY = 65_534
_OPEN_FILES = 64


class ConfinementFailed(Exception):  # noqa: N818 - says what happened
    """The walls could not be put up, or a way out stayed open; the process must not open any media."""


def why_unsupported() -> str | None:
    """Return why no worker can be confined on this system, None where it can."""
    if not sys.platform.startswith("linux"):
        return f"media is opened only inside Linux's own confinement, and this system is {sys.platform}"
    if seccomp.this_machine() is None:
        return f"there is no system call table for machines of type {os.uname().machine}"
    return None


def lock_down(*, address_space: int, cpu_seconds: int, outer_layer: str = "") -> tuple[str, ...]:
    """Shut this process in for good and return the names of the layers that hold it.

    `address_space` is bytes, `cpu_seconds` the processor time of the whole process. `outer_layer` names a layer
    somebody else put around the process. The system call filter is required, and Landlock or an outer layer beside
    it. Raises ConfinementFailed when a wall is missing or the self-test finds a way out.
    """
    reason = why_unsupported()
    machine = seccomp.this_machine()
    if reason is not None or machine is None:
        raise ConfinementFailed(reason)
    abi = landlock.version()
    if not abi and not outer_layer:
        raise ConfinementFailed("this kernel has no Landlock, and no bubblewrap stands around the worker")
    try:  # pragma: no cover - shuts in the process that calls it, which then cannot write down what it ran
        _limit_resources(address_space, cpu_seconds)
        _become_nobody()
        kernel_calls.drop_capabilities()
        kernel_calls.forbid_inspection()
        kernel_calls.forbid_new_privileges()
        if abi:
            landlock.restrict(abi)
        seccomp.install(machine, seccomp.holding_program(machine))
        self_test()
        seccomp.install(machine, seccomp.killing_program(machine))
    except OSError as error:  # pragma: no cover - the same
        raise ConfinementFailed(f"the kernel refused a wall: {error}") from error
    return _named(outer_layer, abi)  # pragma: no cover - the same


def self_test() -> None:
    """Make sure no escape probe succeeds here; raises ConfinementFailed naming those that do."""
    if found := probes.open_ways():
        raise ConfinementFailed(f"a way out is open: {', '.join(found)}")


def _named(outer_layer: str, abi: int) -> tuple[str, ...]:
    layers = (outer_layer, f"Landlock {abi}" if abi else "", "system call filter", "resource limits")
    return tuple(layer for layer in layers if layer)


def _limit_resources(address_space: int, cpu_seconds: int) -> None:  # pragma: no cover - the same
    for what, most in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))


def _become_nobody() -> None:  # pragma: no cover - the same
    """Leave the root user where this process is it; inside a user namespace there may be nobody else to become."""
    if os.geteuid() != 0:
        return
    try:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except OSError:
        return  # capabilities are dropped next, and without them this root is a name only
