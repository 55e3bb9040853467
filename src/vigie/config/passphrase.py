"""Where the passphrase of the wrapping keys comes from: a prompt, a descriptor, systemd, or a demonstration's own."""

import getpass
import os
import sys
from pathlib import Path

from vigie.config.home import Home, read_secret
from vigie.config.problems import SetupProblem
from vigie.config.schema import NOTHING_CHANGED, PassphraseSource, Settings

_LONGEST = 4096
DEMO_SECRET = "demo-passphrase"  # noqa: S105 - the name of a file that only a demonstration home has


def read_passphrase(settings: Settings, home: Home) -> str:
    """The passphrase, from where the settings say; SetupProblem, with the remedy, when it is not there.

    A demonstration's passphrase lies beside its keys: it protects nothing, because nothing in it is real.
    """
    if home.is_demo and (kept := read_secret(home, DEMO_SECRET)) is not None:
        return kept
    source = settings.passphrase_source
    if source is PassphraseSource.FILE_DESCRIPTOR:
        return _from_descriptor(settings.passphrase_fd)
    if source is PassphraseSource.SYSTEMD_CREDENTIAL:
        return _from_credential(settings.passphrase_credential)
    if source is PassphraseSource.ENVIRONMENT:
        raise SetupProblem(
            "The passphrase may stand in the environment in a demonstration only.",
            safe=NOTHING_CHANGED,
            remedy="Set VIGIE_PASSPHRASE_SOURCE to prompt, fd or credential.",
        )
    return _from_prompt()


def _from_descriptor(descriptor: int | None) -> str:
    """Read at offset 0 without moving it, so that several children can share one memory file."""
    assert descriptor is not None  # the settings refuse the source `fd` without a number
    try:
        text = os.pread(descriptor, _LONGEST, 0)
    except OSError:
        try:
            text = os.read(descriptor, _LONGEST)  # a pipe has no offsets
        except OSError as error:
            raise _missing(f"descriptor {descriptor} cannot be read: {error}") from error
    return _checked(text.decode("utf-8", "strict"), f"descriptor {descriptor}")


def _from_credential(name: str) -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    try:
        return _checked((Path(folder) / name).read_text(encoding="utf-8"), f"the credential {name}")
    except OSError as error:
        raise _missing(f"the systemd credential {name} cannot be read: {error}") from error


def _from_prompt() -> str:
    if not sys.stdin.isatty():
        raise _missing("there is no terminal to ask for it")
    return _checked(getpass.getpass("Passphrase of this installation's keys: "), "the prompt")


def _checked(text: str, place: str) -> str:
    passphrase = text.rstrip("\r\n")
    if not passphrase:
        raise _missing(f"{place} gave an empty one")
    return passphrase


def read_secret_text(prompt: str, descriptor: int | None, *, twice: bool = False) -> str:
    """A secret from a descriptor, or asked for at the terminal, twice when it is new. SetupProblem otherwise."""
    if descriptor is not None:
        return _from_descriptor(descriptor)
    if not sys.stdin.isatty():
        raise _missing("there is no terminal to ask for it")
    text = _checked(getpass.getpass(f"{prompt}: "), "the prompt")
    if twice and getpass.getpass("The same again: ") != text:
        raise SetupProblem("The two differ.", safe=NOTHING_CHANGED, remedy="Run the command again.")
    return text


def _missing(why: str) -> SetupProblem:
    return SetupProblem(
        f"The passphrase of the keys could not be read: {why}.",
        safe="Nothing was opened. Matching without media goes on.",
        remedy="Start from a terminal, or set VIGIE_PASSPHRASE_SOURCE to fd or credential.",
    )


def share_passphrase(passphrase: str) -> int:
    """An anonymous memory file holds the passphrase; returns its descriptor, for children to inherit.

    It never touches a disk or an environment, both of which others may read.
    """
    descriptor = os.memfd_create("vigie-passphrase")
    os.write(descriptor, passphrase.encode())
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - the standard library takes it by position
    return descriptor


def choose_passphrase(settings: Settings) -> str:
    """A new passphrase, typed twice at a terminal, or given as the settings say. SetupProblem when they differ."""
    if settings.passphrase_source is not PassphraseSource.PROMPT:
        return read_passphrase(settings, Home(settings.home))
    first = _from_prompt()
    if getpass.getpass("The same passphrase again: ") != first:
        raise SetupProblem(
            "The two passphrases differ.", safe=NOTHING_CHANGED, remedy="Run `vigie init` again."
        )
    return first
