"""Where the blocks of a shared object's code begin, found without its source: tables that the traps are set by.

Linear disassembly takes data for code where assembly keeps both side by side, and a trap inside data would change what a
decoder computes. So only functions of the object's own unwind table are looked at (`.eh_frame`): compilers write an entry
for each function with its exact bounds, and keep no data in it; assembly written by hand has none, and stays uncovered.
"""

import array
import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

SHIM = Path(__file__).with_name("blocks.c")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "vigie-fuzz"
_TOOLS = ("cc", "objdump", "readelf")
_FUNCTION = re.compile(r"FDE cie=\S+ pc=([0-9a-f]+)\.\.([0-9a-f]+)")
_INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\t(?:(?:bnd|notrack|repz|lock|cs|ds)\s+)*(\S+)\s*([0-9a-f]*)")
_ENDS = frozenset({"jmp", "ret", "ud2", "hlt"})
_PADDING = ("nop", "xchg", "data16", "int3", "(bad)")
_FORM = b"blocks 1\n"
"""Told apart from tables of an earlier way to find them."""

Bounds = tuple[int, int]
Instruction = tuple[int, str, int | None]


def why_uncovered() -> str | None:
    """Why decoders can be guided by their answers only on this machine; None where their code can be covered."""
    if platform.machine() != "x86_64":
        return f"traps are written for x86-64, and this machine is {platform.machine()}"
    absent = [tool for tool in _TOOLS if shutil.which(tool) is None]
    return f"there is no {', no '.join(absent)} on this machine" if absent else None


def shim(cache: Path = CACHE) -> Path:
    """The compiled shim; CalledProcessError when the compiler refuses it."""
    made = cache / f"blocks-{hashlib.sha256(SHIM.read_bytes()).hexdigest()[:16]}.so"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        partial = made.with_name(f"{made.name}.{os.getpid()}")
        command = ["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-o", str(partial), str(SHIM)]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, text=True)
        partial.replace(made)
    return made


def table(file: Path, cache: Path = CACHE) -> Path:
    """A file of the starts of an object's blocks, ascending, as addresses of its own (32 bits each)."""
    named = hashlib.sha256(_FORM + file.read_bytes()).hexdigest()[:16]
    made = cache / f"{file.name}-{named}.starts"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        partial = made.with_name(f"{made.name}.{os.getpid()}")
        partial.write_bytes(array.array("I", starts(file)).tobytes())
        partial.replace(made)
    return made


def starts(file: Path) -> list[int]:
    """The addresses in the object's file at which a block of a compiled function begins, ascending."""
    found: set[int] = set()
    for instructions in _by_function(_functions(file), _instructions(file)):
        found |= blocks_of(instructions)
    return sorted(one for one in found if one < 1 << 32)


def blocks_of(function: list[Instruction]) -> set[int]:
    """The first instruction of a function, what its jumps lead to inside it, and what follows a jump or an end.

    A function with bytes that are no instruction has no blocks: something in it is not what it seems.
    """
    if any(name == "(bad)" for _, name, _ in function):
        return set()
    inside = {address for address, _, _ in function}
    found = {function[0][0]}
    for (_, name, target), (following, then, _) in zip(
        function, [*function[1:], (-1, "", None)], strict=True
    ):
        is_jump = name.startswith("j")
        if is_jump and target in inside:
            found.add(target)
        if following >= 0 and (is_jump or name in _ENDS) and not then.startswith(_PADDING):
            found.add(following)
    return {address for address, name, _ in function if address in found and not name.startswith("int3")}


def _functions(file: Path) -> list[Bounds]:
    text = _run("readelf", "--debug-dump=frames", "-W", str(file))
    bounds = {(int(found[1], 16), int(found[2], 16)) for line in text if (found := _FUNCTION.search(line))}
    return sorted(one for one in bounds if one[0] < one[1])


def _instructions(file: Path) -> Iterator[Instruction]:
    for line in _run("objdump", "-d", "-w", "--no-show-raw-insn", "-j", ".text", str(file)):
        if (found := _INSTRUCTION.match(line)) is not None:
            address, name, target = found.groups()
            yield int(address, 16), name, int(target, 16) if target and name.startswith("j") else None


def _by_function(functions: list[Bounds], instructions: Iterable[Instruction]) -> Iterator[list[Instruction]]:
    """The instructions of each function the sweep was in step with: one of them begins where the function does."""
    coming = iter(functions)
    bounds, held = next(coming, None), list[Instruction]()
    for one in instructions:
        while bounds is not None and one[0] >= bounds[1]:
            if held and held[0][0] == bounds[0]:
                yield held
            bounds, held = next(coming, None), []
        if bounds is not None and bounds[0] <= one[0]:
            held.append(one)
    if bounds is not None and held and held[0][0] == bounds[0]:
        yield held


def _run(*command: str) -> Iterator[str]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        yield from running.stdout
