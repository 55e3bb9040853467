"""What the two filters decide, for both kinds of machine, read by a small interpreter of the kernel's filter language."""

import struct
import threading
from pathlib import Path

import pytest

from vigie.engines.imaging.confinement import kernel_calls, landlock, seccomp
from vigie.engines.imaging.confinement.seccomp import ALLOW, KILL, NO_SUCH_CALL, REFUSE
from vigie.engines.imaging.confinement.syscalls import (
    ALLOWED,
    CLONE,
    CLONE3,
    DEADLY,
    MACHINES,
    MAPPING,
    SECCOMP,
)

COLUMN = {"x86_64": 0, "aarch64": 1}
READ_WRITE, EXECUTE = 3, 4
THREAD = 0x3D0F00  # what glibc asks for: CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS | …
NEW_USER_NAMESPACE = 0x1000_0000


def decide(program: bytes, architecture: int, call: int, *arguments: int) -> int:
    data = struct.pack("=iIQ6Q", call, architecture, 0, *arguments, *[0] * (6 - len(arguments)))
    at, value = 0, 0
    while True:
        code, if_true, if_false, operand = struct.unpack_from("=HBBI", program, at * 8)
        at += 1
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
        elif code == 0x54:
            value &= operand
        elif code == 0x06:
            return operand
        else:
            held = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[code]
            at += if_true if held else if_false


@pytest.fixture(params=sorted(MACHINES))
def name(request):
    return request.param


@pytest.fixture
def both(name):
    """The answer of the two filters together: the kernel obeys the stricter."""
    machine = MACHINES[name]
    programs = seccomp.holding_program(machine), seccomp.killing_program(machine)
    strictness = {KILL: 0, REFUSE: 1, NO_SUCH_CALL: 1, ALLOW: 2}

    def ask(call, *arguments, architecture=machine.audit_arch):
        answers = [decide(program, architecture, call, *arguments) for program in programs]
        return min(answers, key=strictness.__getitem__)

    return ask


def numbers(calls, name):
    return [pair[COLUMN[name]] for pair in calls.values() if pair[COLUMN[name]] is not None]


def test_allowed_calls_pass_and_no_others(both, name):
    allowed = set(numbers(ALLOWED, name))
    conditional = {CLONE[COLUMN[name]], CLONE3[COLUMN[name]], *numbers(MAPPING, name)}
    passing = {call for call in range(600) if both(call, 0, 0, READ_WRITE) == ALLOW}
    assert passing - conditional == allowed
    assert passing & conditional == set(numbers(MAPPING, name))


def test_hostile_calls_end_the_process(both, name):
    for call in [*numbers(DEADLY, name), SECCOMP[COLUMN[name]]]:
        assert both(call) == KILL


def test_opening_and_looking_up_files_is_refused_without_killing(both, name):
    for call in {"x86_64": (2, 4, 257, 262, 89), "aarch64": (56, 78, 79)}[name]:
        assert both(call) == REFUSE


def test_memory_with_machine_code_ends_the_process(both, name):
    for call in numbers(MAPPING, name):
        assert both(call, 0, 4096, READ_WRITE) == ALLOW
        assert both(call, 0, 4096, READ_WRITE | EXECUTE) == KILL


def test_threads_may_start_and_processes_may_not(both, name):
    clone = CLONE[COLUMN[name]]
    assert both(clone, THREAD) == ALLOW
    assert both(clone, THREAD | NEW_USER_NAMESPACE) == KILL
    assert both(clone, 17) == KILL  # SIGCHLD alone: fork
    assert both(clone, 0x4100 | 17) == KILL  # vfork
    assert both(CLONE3[COLUMN[name]]) == NO_SUCH_CALL


def test_another_machine_s_calls_end_the_process(both, name):
    other = next(calls.audit_arch for key, calls in MACHINES.items() if key != name)
    assert both(0, architecture=other) == KILL
    assert both(0, architecture=0x4000_0003) == KILL  # 32-bit Intel, which numbers its calls otherwise


def test_the_x32_interface_ends_the_process():
    machine = MACHINES["x86_64"]
    for program in (seccomp.holding_program(machine), seccomp.killing_program(machine)):
        assert decide(program, machine.audit_arch, 0x4000_0000) == KILL


def test_no_number_is_given_two_meanings(name):
    every = [*numbers(ALLOWED, name), *numbers(MAPPING, name), *numbers(DEADLY, name)]
    every += [CLONE[COLUMN[name]], CLONE3[COLUMN[name]], SECCOMP[COLUMN[name]]]
    assert len(every) == len(set(every))


def in_a_thread(work):
    """Confine a thread that ends afterwards: both walls hold the thread that asks for them and its children only."""
    found = []

    def run():
        try:
            found.append(work())
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    return found[0]


def test_the_kernel_takes_the_filters_of_this_machine():
    machine = seccomp.this_machine()
    assert machine is not None

    def confine():
        kernel_calls.forbid_new_privileges()
        for program in (seccomp.holding_program(machine), seccomp.killing_program(machine)):
            seccomp.install(machine, program, seccomp.Threads.THIS_ONE)
            try:
                Path("/").stat()
            except PermissionError:
                continue
            return "still sees files"
        return "filtered"

    # The second filter forbids further ones, so the order is part of what is tested
    assert in_a_thread(confine) == "filtered"
    assert Path("/").stat()


def test_the_kernel_refuses_a_filter_that_is_none():
    machine = seccomp.this_machine()
    assert isinstance(
        in_a_thread(lambda: seccomp.install(machine, b"\0" * 8, seccomp.Threads.THIS_ONE)), OSError
    )


@pytest.mark.parametrize("abi", [one for one in (1, 2, 3, 4, 5, 6, 7) if one <= landlock.version()])
def test_every_landlock_version_this_kernel_knows_shuts_the_file_system(abi):
    def confine():
        kernel_calls.forbid_new_privileges()
        landlock.restrict(abi)
        return list(Path("/").iterdir())

    assert isinstance(in_a_thread(confine), PermissionError)


def test_a_thread_without_capabilities_has_none():
    def drop():
        kernel_calls.drop_capabilities()
        with Path(f"/proc/self/task/{threading.get_native_id()}/status").open() as status:
            return next(line.split()[1] for line in status if line.startswith("CapEff"))

    assert in_a_thread(drop) == "0000000000000000"
