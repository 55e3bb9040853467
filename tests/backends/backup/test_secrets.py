"""The archive of secrets: whoever can write to a medium can make one, so only what this program keeps is brought back."""

import gzip
import io
import tarfile

import pytest
from pyrage import x25519

from backends.backup.test_medium import NOW, manifest, whole
from vigie.backends.backup import BackupDamaged, Medium, age, bring_secrets
from vigie.backends.backup.medium import SECRETS
from vigie.config.home import Home

IDENTITY = x25519.Identity.generate()
FILE = tarfile.REGTYPE


def archive(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), "/etc/hostname"
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path / "home")
    for place in (home.secrets, home.keys):
        place.mkdir(parents=True)
    return home


def brought(tmp_path, home, plain):
    medium = Medium.prepared(tmp_path / "b")
    name = whole(medium, NOW)
    with medium.place(name, SECRETS).open("wb") as out:
        age.seal_bytes(plain, out, [IDENTITY.to_public()])
    bring_secrets(medium, manifest(name), IDENTITY, home)


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_secrets_keys_and_settings_come_back(tmp_path, home):
    brought(
        tmp_path,
        home,
        archive(("secrets/app", FILE, b"a"), ("keys/master.json", FILE, b"{}"), ("vigie.toml", FILE, b"")),
    )
    assert files(home.root) == {"secrets/app", "keys/master.json", "vigie.toml"}
    assert (home.secrets / "app").read_bytes() == b"a"


@pytest.mark.parametrize(
    "name",
    [
        "../x", "/etc/x", "secrets/../../x", "secrets/..", "blobs/x", "keys/deep/x", ".", "secrets/.x", "keys", "secrets",
        "k" * 256, "keys/" + "k" * 201,
    ],
)  # fmt: skip
def test_a_name_no_backup_has_is_refused_and_nothing_is_written(tmp_path, home, name):
    with pytest.raises(BackupDamaged):
        brought(tmp_path, home, archive(("secrets/app", FILE, b"a"), (name, FILE, b"x")))
    assert files(home.root) == set()
    assert {path.name for path in tmp_path.iterdir()} == {"b", "home"}


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.DIRTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
        tarfile.GNUTYPE_SPARSE,
    ],
)
def test_what_is_no_ordinary_file_is_refused(tmp_path, home, kind):
    with pytest.raises(BackupDamaged):
        brought(tmp_path, home, archive(("secrets/x", kind, b"")))
    assert files(home.root) == set()


def test_what_is_no_whole_archive_is_refused_also_a_packed_one(tmp_path, home):
    plain = archive(("secrets/app", FILE, b"a" * 2_000))
    for number, damaged in enumerate(
        (b"", b"x" * 600, plain[:900], b"\xff" + plain[1:], gzip.compress(plain))
    ):
        with pytest.raises(BackupDamaged):
            brought(tmp_path / str(number), home, damaged)
    assert files(home.root) == set()
