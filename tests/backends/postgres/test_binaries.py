import os
import pwd
from pathlib import Path

import pytest

from support.folders import open_folder
from vigie.backends.postgres import binaries as binaries_module
from vigie.backends.postgres import identity as identity_module
from vigie.backends.postgres.binaries import (
    candidate_folders,
    copy_binaries,
    find_binaries,
    inspect_binaries,
)
from vigie.backends.postgres.identity import first_closed_folder, own_name, require_reachable, server_identity
from vigie.backends.processes import Identity
from vigie.config.problems import SetupProblem

NOBODY = Identity("nobody", 65534, 65534)


def fake_server(folder: Path, version: str) -> Path:
    bin_folder = folder / f"pg{version}" / "bin"
    bin_folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = bin_folder / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return bin_folder


def test_the_wheels_newest_server_is_preferred_for_a_new_folder(tmp_path):
    found = find_binaries(tmp_path / "data")
    assert found.major == 18
    assert Path(found.program("pg_dump")).is_file()


def test_the_version_that_made_the_data_decides(tmp_path):
    folders = [fake_server(tmp_path, version) for version in ("18.4", "16.2", "15.9")]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("15\n")
    assert find_binaries(tmp_path / "data", folders).version == "15.9"


def test_a_missing_version_is_named_with_those_found(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(SetupProblem, match=r"version 17, .*found: 18\.4, 16\.2") as caught:
        find_binaries(tmp_path / "data", [fake_server(tmp_path, version) for version in ("18.4", "16.2")])
    assert "not touched" in caught.value.safe


def test_a_server_too_old_or_broken_is_no_server(tmp_path):
    old, broken = fake_server(tmp_path, "14.9"), fake_server(tmp_path, "18.1")
    (broken / "postgres").write_text("not a program")
    wordless = fake_server(tmp_path, "what?")
    with pytest.raises(SetupProblem, match="15 or newer was not found \\(found: none\\)"):
        find_binaries(tmp_path / "data", [old, broken, wordless, tmp_path / "missing"])


def test_a_link_on_the_path_leads_to_the_folder_of_the_real_program(tmp_path, monkeypatch):
    real = fake_server(tmp_path, "17.1")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "postgres").symlink_to(real / "postgres")
    monkeypatch.setenv("PATH", str(tmp_path / "links"))
    monkeypatch.setattr(binaries_module, "_WHEEL", "no_such_wheel_is_installed")
    assert candidate_folders()[0] == real
    monkeypatch.setenv("PATH", "/nowhere")
    assert real not in candidate_folders()


def test_a_copy_of_the_wheels_server_works_where_everybody_can_reach_it(tmp_path):
    original = find_binaries(tmp_path / "data")
    with open_folder() as folder:
        copy = copy_binaries(original, folder)
        assert copy.folder.is_relative_to(folder)
        assert inspect_binaries(copy.folder) == copy
        assert first_closed_folder(copy.folder, NOBODY) is None
        marker = copy.folder / "marker"
        marker.touch()
        assert copy_binaries(original, folder) == copy
        assert marker.exists()  # an earlier copy is used as it is
        assert [entry.name for entry in folder.iterdir()] == [f"postgresql-{original.version}"]


def test_a_distributions_server_is_not_copied(tmp_path):
    found = inspect_binaries(fake_server(tmp_path, "17.1"))
    with pytest.raises(SetupProblem, match="may not reach"):
        copy_binaries(found, tmp_path / "copy")


def test_the_first_closed_folder_is_named():
    with open_folder() as folder:
        inner = folder / "a" / "b"
        inner.mkdir(parents=True)
        inner.chmod(0o755)
        (folder / "a").chmod(0o700)
        assert first_closed_folder(inner, NOBODY) == folder / "a"
        with pytest.raises(SetupProblem, match=f"may not enter {folder / 'a'},"):
            require_reachable(inner, NOBODY)
        own = Identity("own", os.getuid(), os.getgid())
        assert first_closed_folder(inner, own) is None
        (folder / "a").chmod(0o710)
        same_group = Identity("member", 65533, (folder / "a").stat().st_gid)
        assert first_closed_folder(inner, same_group) is None
        (folder / "a").chmod(0o711)
        assert first_closed_folder(inner, NOBODY) is None
        require_reachable(inner, NOBODY)


def test_root_runs_the_server_as_an_unprivileged_user(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    identity = server_identity(tmp_path / "data", ("no-such-user", "nobody"))
    assert identity is not None
    assert identity.uid != 0
    with pytest.raises(SetupProblem, match="no unprivileged user"):
        server_identity(tmp_path / "data", ("no-such-user",))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_a_data_folder_keeps_the_user_it_was_made_for(tmp_path):
    daemon = pwd.getpwnam("daemon")
    os.chown(tmp_path, daemon.pw_uid, daemon.pw_gid)
    assert server_identity(tmp_path) == Identity("daemon", daemon.pw_uid, daemon.pw_gid)


def test_everybody_else_runs_it_as_themselves_and_on_their_own_data_only(monkeypatch, tmp_path):
    monkeypatch.setattr(identity_module, "own_name", lambda: "somebody")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1000)
    assert server_identity(tmp_path / "data") is None
    with pytest.raises(SetupProblem, match="belongs to another user"):
        server_identity(tmp_path)


def test_a_user_without_a_name_is_refused_because_initdb_refuses_it(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(SetupProblem, match="54321 has no name"):
        own_name()
