"""Where the passphrase comes from; what is missing is said with its remedy, and it never touches a disk."""

import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vigie.config import passphrase
from vigie.config.home import Home, keep_secret, mark_demo, prepare_home
from vigie.config.passphrase import DEMO_SECRET, choose_passphrase, read_passphrase, share_passphrase
from vigie.config.problems import SetupProblem
from vigie.config.schema import PassphraseSource, Settings

WORDS = "une lampe dessinée sur une table"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    prepare_home(made)
    return made


def settings(home: Home, **options: Any) -> Settings:
    return Settings(home=home.root, **options)


def from_descriptor(home: Home, descriptor: int) -> str:
    chosen = settings(home, passphrase_source=PassphraseSource.FILE_DESCRIPTOR, passphrase_fd=descriptor)
    return read_passphrase(chosen, home)


def pipe_with(text: bytes) -> int:
    end, start = os.pipe()
    os.write(start, text)
    os.close(start)
    return end


def test_it_is_shared_through_memory_that_several_children_read_from_the_start(home: Home) -> None:
    descriptor = share_passphrase(WORDS)
    try:
        assert [from_descriptor(home, descriptor) for _ in range(3)] == [WORDS] * 3
        assert os.get_inheritable(descriptor)
        assert str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith("/memfd:")
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_it_is_read_from_a_pipe_without_the_line_s_end(home: Home, end: str) -> None:
    assert from_descriptor(home, pipe_with((WORDS + end).encode())) == WORDS


def test_a_closed_descriptor_and_an_empty_passphrase_are_named(home: Home) -> None:
    gone = pipe_with(b"x")
    os.close(gone)
    with pytest.raises(SetupProblem, match=f"descriptor {gone} cannot be read"):
        from_descriptor(home, gone)
    for empty in (b"", b"\n", b"\r\n"):
        with pytest.raises(SetupProblem, match="gave an empty one"):
            from_descriptor(home, pipe_with(empty))


def test_it_is_read_from_a_systemd_credential(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(home, passphrase_source=PassphraseSource.SYSTEMD_CREDENTIAL)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(SetupProblem, match="credential vigie-passphrase cannot be read"):
        read_passphrase(chosen, home)
    (tmp_path / "vigie-passphrase").write_text(f"{WORDS}\n", encoding="utf-8")
    assert read_passphrase(chosen, home) == WORDS
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(SetupProblem, match="cannot be read"):
        read_passphrase(chosen, home)


def test_the_environment_is_for_demonstrations_only(home: Home) -> None:
    chosen = settings(home, passphrase_source=PassphraseSource.ENVIRONMENT, passphrase=WORDS)
    with pytest.raises(SetupProblem, match="in a demonstration only") as refused:
        read_passphrase(chosen, home)
    assert WORDS not in str(refused.value)


def test_a_demonstration_reads_its_own_and_a_real_home_never_does(home: Home) -> None:
    keep_secret(home, DEMO_SECRET, "nothing real")
    with pytest.raises(SetupProblem, match="no terminal"):
        read_passphrase(settings(home), home)
    mark_demo(home)
    assert read_passphrase(settings(home), home) == "nothing real"


class TestAtATerminal:
    """Typed without being shown; a new one is typed twice."""

    @pytest.fixture(autouse=True)
    def terminal(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        ours, theirs = pty.openpty()
        with os.fdopen(theirs, encoding="utf-8") as screen:
            monkeypatch.setattr(sys, "stdin", screen)
            yield
        os.close(ours)

    def types(self, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
        waiting = list(lines)
        monkeypatch.setattr(passphrase.getpass, "getpass", lambda _prompt: waiting.pop(0))

    def test_it_is_asked_for(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.types(monkeypatch, WORDS)
        assert read_passphrase(settings(home), home) == WORDS

    def test_a_new_one_is_asked_for_twice(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.types(monkeypatch, WORDS, WORDS)
        assert choose_passphrase(settings(home)) == WORDS
        self.types(monkeypatch, WORDS, WORDS + ".")
        with pytest.raises(SetupProblem, match="differ"):
            choose_passphrase(settings(home))

    def test_an_empty_one_is_refused(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.types(monkeypatch, "")
        with pytest.raises(SetupProblem, match="empty"):
            choose_passphrase(settings(home))


def test_a_new_one_from_elsewhere_is_read_once(home: Home) -> None:
    chosen = settings(
        home,
        passphrase_source=PassphraseSource.FILE_DESCRIPTOR,
        passphrase_fd=pipe_with(WORDS.encode()),
    )
    assert choose_passphrase(chosen) == WORDS


def test_what_is_missing_is_said_with_its_remedy(home: Home) -> None:
    with pytest.raises(SetupProblem) as missing:
        read_passphrase(settings(home), home)
    assert "no terminal" in missing.value.what
    assert "VIGIE_PASSPHRASE_SOURCE" in missing.value.remedy
    assert "Matching" in missing.value.safe
