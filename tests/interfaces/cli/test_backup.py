"""`vigie backup` and `vigie restore` as an operator runs them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pyrage import x25519

from support.folders import open_folder
from support.installation import PASSPHRASE, Installation, free_port
from vigie.config.home import Home, prepare_home
from vigie.engines.proofs import SigningKey, sign_checkpoint
from vigie.interfaces.cli.app import main
from vigie.interfaces.cli.exits import Exit


def vigie(whole: Installation, *arguments: object) -> "subprocess.CompletedProcess[str]":
    reader, writer = os.pipe()
    os.write(writer, PASSPHRASE)
    os.close(writer)
    try:
        return subprocess.run(
            [sys.executable, "-m", "vigie", *map(str, arguments)],
            env=whole.environment | {"VIGIE_PASSPHRASE_SOURCE": "fd", "VIGIE_PASSPHRASE_FD": str(reader)},
            pass_fds=[reader],
            capture_output=True,
            text=True,
            check=False,
            timeout=110,
        )
    finally:
        os.close(reader)


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_a_stopped_installation_comes_back_on_a_bare_machine_and_an_old_backup_is_named(
    tmp_path: Path,
) -> None:
    identity = x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"{identity}\n")
    with open_folder() as folder:
        whole = Installation(folder / "home", free_port())
        whole.home.mkdir(mode=0o711)
        whole.set_up()
        done = vigie(whole, "backup", folder / "kept", "--recipient", identity.to_public(), "--json")
        assert done.returncode == Exit.OK, done.stderr
        taken = json.loads(done.stdout)
        key = SigningKey.parse((whole.home / "secrets" / "checkpoint-key").read_text())
        newer = sign_checkpoint(taken["log_size"] + 5, bytes(32), key)
        (folder / "newer").write_text(newer.note)
        other = Installation(folder / "other", free_port())
        given = ("restore", folder / "kept", "--identity", tmp_path / "identity")
        old = vigie(other, *given, "--checkpoint", folder / "newer")
        assert old.returncode == Exit.FAILURE
        assert f"This is an OLD backup: {taken['backup']}" in old.stderr
        assert "5 entries are missing" in old.stderr
        assert not other.home.exists()
        done = vigie(other, *given, "--checkpoint", folder / "newer", "--accept-older", "--json")
        assert done.returncode == Exit.OK, done.stderr
        restored = json.loads(done.stdout)
        assert (restored["log_size"], restored["log_root"]) == (taken["log_size"], taken["log_root"])
        assert restored["log_size"] > 0
        assert not Home(other.home).restore_mark.exists()
        assert taken["signed_size"] == taken["log_size"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("VIGIE_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_backup_without_a_recipient_is_refused(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("backup", tmp_path / "kept") == Exit.FAILURE
    assert "nobody could open the backup" in capsys.readouterr().err


def test_a_home_that_was_not_set_up_has_no_backup(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipient = x25519.Identity.generate().to_public()
    assert run("backup", "take", tmp_path / "kept", "--recipient", recipient) == Exit.FAILURE
    assert "has not been set up" in capsys.readouterr().err


def test_folders_without_backups_are_said(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (("backup", "verify"), ("backup", "list"), ("backup", "prune"), ("restore",)):
        assert run(*command, tmp_path) == Exit.FAILURE
        assert "holds no backups" in capsys.readouterr().err


def test_a_new_identity_is_sealed_and_never_overwritten(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"paper\n")
    os.close(writer)
    assert run("backup", "new-identity", tmp_path / "identity", "--passphrase-fd", reader) == Exit.OK
    os.close(reader)
    assert capsys.readouterr().out.startswith("age1")
    kept = (tmp_path / "identity").read_bytes()
    assert b"AGE-SECRET-KEY" not in kept
    assert (tmp_path / "identity").stat().st_mode & 0o077 == 0
    reader, writer = os.pipe()
    os.write(writer, b"paper\n")
    os.close(writer)
    assert run("backup", "new-identity", tmp_path / "identity", "--passphrase-fd", reader) == Exit.FAILURE
    os.close(reader)
    assert (tmp_path / "identity").read_bytes() == kept


def test_nothing_starts_with_a_home_whose_restore_was_cut(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_home(home)
    home.restore_mark.touch()
    (home.keys / "master.json").touch()
    assert run("migrate") == Exit.FAILURE
    assert "did not come to its end" in capsys.readouterr().err
    shutil.rmtree(home.root)
