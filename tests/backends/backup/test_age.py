"""Backups open with their identity only, and say so when they were changed."""

import io
import subprocess

import pytest
from pyrage import x25519

from vigie.backends.backup import age
from vigie.backends.backup.age import (
    IdentityRefused,
    RecipientRefused,
    SealRefused,
    identity_made,
    opened_identity,
    recipients_of,
)

PLAIN = b"a drawn lamp; " * 20_000


def made():
    identity = x25519.Identity.generate()
    return recipients_of([str(identity.to_public())]), identity


def sealed():
    recipients, identity = made()
    out = io.BytesIO()
    age.seal(io.BytesIO(PLAIN), out, recipients)
    return out.getvalue(), identity


def test_what_was_sealed_opens_with_the_identity_and_hides_what_it_holds():
    file, identity = sealed()
    assert b"drawn lamp" not in file
    assert age.unseal_bytes(file, identity) == PLAIN


def test_sizes_and_digests_are_those_of_the_sealed_form():
    recipients, identity = made()
    out, plain = io.BytesIO(), io.BytesIO()
    facts = age.seal_bytes(PLAIN, out, recipients)
    assert age.unseal(io.BytesIO(out.getvalue()), plain, identity) == facts
    assert facts[0] == len(out.getvalue())


def test_another_identity_opens_nothing():
    file, _ = sealed()
    with pytest.raises(SealRefused):
        age.unseal_bytes(file, made()[1])


@pytest.mark.parametrize("at", [30, 300, 70_000, -1])
def test_a_changed_byte_is_refused(at):
    file, identity = sealed()
    broken = bytearray(file)
    broken[at] ^= 1
    with pytest.raises(SealRefused):
        age.unseal_bytes(bytes(broken), identity)


@pytest.mark.parametrize("left", [0, 100, 65_752, -16])
def test_a_cut_is_refused(left):
    file, identity = sealed()
    with pytest.raises(SealRefused):
        age.unseal_bytes(file[:left], identity)


def test_errors_of_the_disk_pass_as_they_are():
    class Full(io.RawIOBase):
        def write(self, data):
            raise OSError(28, "No space left on device")

    recipients, identity = made()
    with pytest.raises(OSError, match="No space left"):
        age.seal_bytes(PLAIN, Full(), recipients)
    file, identity = sealed()
    with pytest.raises(OSError, match="No space left"):
        age.unseal(io.BytesIO(file), Full(), identity)


def test_a_source_that_breaks_is_no_seal():
    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise OSError("the pipe is cut")

    with pytest.raises(Exception, match="the pipe is cut"):
        age.seal(Broken(), io.BytesIO(), made()[0])


def test_an_identity_needs_its_passphrase():
    recipient, file = identity_made("paper")
    assert str(opened_identity(file, lambda: "paper").to_public()) == recipient
    with pytest.raises(IdentityRefused, match="another passphrase"):
        opened_identity(file, lambda: "pencil")
    with pytest.raises(ValueError, match="empty"):
        identity_made("")


def test_an_identity_as_age_keygen_writes_it_is_taken_too():
    identity = x25519.Identity.generate()
    file = f"# created: 2026-11-29\n# public key: {identity.to_public()}\n{identity}\n".encode()
    assert str(opened_identity(file, lambda: pytest.fail("asked"))) == str(identity)


@pytest.mark.parametrize(
    "file", [b"# nothing here\n", b"AGE-SECRET-KEY-1WRONG\n", b"-----BEGIN AGE ENCRYPTED FILE-----\n"]
)
def test_a_file_without_an_identity_is_refused(file):
    with pytest.raises(IdentityRefused):
        opened_identity(file, lambda: "")


def test_what_is_no_recipient_is_named():
    with pytest.raises(RecipientRefused, match="ssh-ed25519"):
        recipients_of(["ssh-ed25519 AAAA"])


def test_the_ordinary_age_program_opens_it(tmp_path):
    try:
        subprocess.run(["age", "--version"], capture_output=True, check=True)
    except OSError:
        pytest.skip("the program age is not installed")
    file, identity = sealed()
    (tmp_path / "key").write_text(f"{identity}\n")
    done = subprocess.run(
        ["age", "-d", "-i", str(tmp_path / "key")], input=file, capture_output=True, check=True
    )
    assert done.stdout == PLAIN
