"""What the key folder adds to the promises of every provider: passphrase, recovery key, files."""

import json
import stat
from datetime import UTC, datetime

import pytest

from vigie.backends.keys import (
    FileKeys,
    KeyDamaged,
    KeyMissing,
    KeyRefused,
    KeyStoreDamaged,
    KeyStoreExists,
    RecoveryKeyMistyped,
    ScryptCost,
    WrongPassphrase,
    WrongRecoveryKey,
)

CHEAP = ScryptCost(n=2)
PASSPHRASE = "correct horse battery staple"
DATA_KEY = bytes(range(32))
NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home" / "keys"


@pytest.fixture
def made(folder):
    """Return a fresh key folder, open, and its recovery key."""
    return FileKeys.initialise(folder, PASSPHRASE, cost=CHEAP)


@pytest.fixture
def keys(made):
    keys = made[0]
    keys.create("FR", 2026)
    keys.create("ES", 2026)
    return keys


@pytest.fixture
def wrapped(keys):
    return keys.wrap("FR", DATA_KEY, b"context")


def test_passphrase_and_recovery_key_open_the_same_folder(folder, made, wrapped):
    assert FileKeys.open(folder, PASSPHRASE).unwrap(wrapped, b"context") == DATA_KEY
    assert FileKeys.open_with_recovery(folder, made[1].lower()).unwrap(wrapped, b"context") == DATA_KEY


def test_a_wrong_passphrase_or_recovery_key_opens_nothing(folder, made, tmp_path):
    for wrong in (PASSPHRASE + " ", PASSPHRASE.upper(), "", made[1]):
        with pytest.raises(WrongPassphrase):
            FileKeys.open(folder, wrong)
    _, of_another = FileKeys.initialise(tmp_path / "other", PASSPHRASE, cost=CHEAP)
    with pytest.raises(WrongRecoveryKey):
        FileKeys.open_with_recovery(folder, of_another)
    with pytest.raises(RecoveryKeyMistyped):
        FileKeys.open_with_recovery(folder, made[1][:-1])


def test_a_passphrase_typed_in_another_unicode_form_opens(folder):
    FileKeys.initialise(folder, "clé de la maison", cost=CHEAP)
    assert FileKeys.open(folder, "cle\N{COMBINING ACUTE ACCENT} de la maison").countries() == frozenset()


def test_an_empty_passphrase_is_refused_and_nothing_is_made(folder):
    with pytest.raises(ValueError, match="empty"):
        FileKeys.initialise(folder, "", cost=CHEAP)
    assert list(folder.iterdir()) == []


def test_a_second_master_key_never_replaces_the_first(folder, wrapped):
    with pytest.raises(KeyStoreExists):
        FileKeys.initialise(folder, "another", cost=CHEAP)
    assert FileKeys.open(folder, PASSPHRASE).unwrap(wrapped, b"context") == DATA_KEY


def test_the_default_cost_is_that_of_128_mebibytes(folder, made):
    made[0].change_passphrase("slow")
    slot = json.loads((folder / "master.json").read_text())["slots"]["passphrase"]
    assert (slot["kdf"], slot["n"], slot["r"], slot["p"]) == ("scrypt", 131072, 8, 1)
    assert FileKeys.open(folder, "slow").countries() == frozenset()


def test_after_a_change_only_the_new_passphrase_opens_and_the_recovery_key_still_does(folder, made, wrapped):
    made[0].change_passphrase("new", cost=CHEAP)
    with pytest.raises(WrongPassphrase):
        FileKeys.open(folder, PASSPHRASE)
    with pytest.raises(ValueError, match="empty"):
        made[0].change_passphrase("", cost=CHEAP)
    for opened in (FileKeys.open(folder, "new"), FileKeys.open_with_recovery(folder, made[1])):
        assert opened.unwrap(wrapped, b"context") == DATA_KEY


def test_the_recovery_key_counts_as_checked_once_it_was_typed_in_rightly(folder, made):
    keys, text = made
    assert keys.recovery_checked() is None
    for wrong in (text[:-1], FileKeys.initialise(folder / "other", "x", cost=CHEAP)[1]):
        with pytest.raises((RecoveryKeyMistyped, WrongRecoveryKey)):
            keys.check_recovery(wrong, NOW)
    assert keys.recovery_checked() is None
    keys.check_recovery(text, NOW)
    assert FileKeys.open(folder, PASSPHRASE).recovery_checked() == NOW


def test_a_new_recovery_key_replaces_the_old_and_is_unchecked(folder, made, wrapped):
    keys, old = made
    keys.check_recovery(old, NOW)
    new = keys.new_recovery_key()
    assert keys.recovery_checked() is None
    with pytest.raises(WrongRecoveryKey):
        FileKeys.open_with_recovery(folder, old)
    assert FileKeys.open_with_recovery(folder, new).unwrap(wrapped, b"context") == DATA_KEY
    assert FileKeys.open(folder, PASSPHRASE).unwrap(wrapped, b"context") == DATA_KEY


def test_files_are_private_and_hold_no_key_in_the_clear(folder, made, keys):
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["ES-2026-1.json", "FR-2026-1.json", "master.json"]
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert keys._master.hex() not in path.read_text()
        assert keys._key("FR-2026-1").hex() not in path.read_text()
        assert made[1].replace("-", "") not in path.read_text()
    assert keys._master.hex() not in repr(keys)


def test_a_lost_key_file_closes_its_country_only(folder, keys, wrapped):
    other = keys.wrap("ES", DATA_KEY, b"context")
    (folder / "FR-2026-1.json").unlink()
    with pytest.raises(KeyMissing) as missing:
        keys.unwrap(wrapped, b"context")
    assert missing.value.country == "FR"
    assert keys.countries() == {"ES"}
    assert keys.unwrap(other, b"context") == DATA_KEY


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"sealed": 5}',
        b'{"sealed": "xy"}',
        b'{"sealed": ""}',
        b'{"sealed": "00"}',
        b"\xff",
    ],
)
def test_a_damaged_key_file_closes_its_country_only_and_never_lets_an_older_key_wrap(
    folder, keys, wrapped, content
):
    keys.rotate("FR", 2026)
    (folder / "FR-2026-2.json").write_bytes(content)
    assert (keys.has("FR"), keys.has("ES")) == (False, True)
    with pytest.raises(KeyDamaged, match="FR"):
        keys.wrap("FR", DATA_KEY, b"context")
    assert keys.unwrap(wrapped, b"context") == DATA_KEY


def test_a_key_file_given_another_name_or_another_master_key_does_not_open(folder, keys, wrapped, tmp_path):
    (folder / "ES-2026-1.json").write_bytes((folder / "FR-2026-1.json").read_bytes())
    with pytest.raises(KeyDamaged, match="ES was changed"):
        keys.wrap("ES", DATA_KEY, b"context")
    other, _ = FileKeys.initialise(tmp_path / "other", PASSPHRASE, cost=CHEAP)
    other.create("FR", 2026)
    with pytest.raises(KeyRefused):
        other.unwrap(wrapped, b"context")


def test_a_destroyed_key_leaves_a_mark_and_no_bytes(folder, keys):
    before = json.loads((folder / "FR-2026-1.json").read_text())["sealed"]
    keys.destroy("FR-2026-1")
    after = (folder / "FR-2026-1.json").read_text()
    assert before not in after
    assert json.loads(after) == {"format": "vigie-key/1", "id": "FR-2026-1", "sealed": None}


def test_destroying_writes_over_the_bytes_themselves_not_only_the_name(folder, keys):
    same_bytes = folder.parent / "second name of the same bytes"
    same_bytes.hardlink_to(folder / "FR-2026-1.json")
    keys.destroy("FR-2026-1")
    assert set(same_bytes.read_bytes()) == {0}


def test_what_one_process_changes_another_sees_at_once(folder, keys, wrapped):
    other = FileKeys.open(folder, PASSPHRASE)
    newer = keys.rotate("FR", 2026)
    assert other.wrap("FR", DATA_KEY, b"").key_id == newer
    keys.destroy("FR-2026-1")
    with pytest.raises(KeyMissing, match="was destroyed"):
        other.unwrap(wrapped, b"context")


def spoil(folder, change):
    path = folder / "master.json"
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts))


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.update(format="vigie-keys/2"),
        lambda facts: facts.pop("format"),
        lambda facts: facts.update(slots=[]),
        lambda facts: facts["slots"].pop("recovery"),
        lambda facts: facts.update(recovery_checked="yesterday"),
        lambda facts: facts["slots"]["passphrase"].update(n=3),
        lambda facts: facts["slots"]["passphrase"].update(salt=5),
        lambda facts: facts["slots"]["passphrase"].pop("sealed"),
    ],
)
def test_a_master_file_that_cannot_be_read_is_said_to_be_damaged(folder, made, change):
    spoil(folder, change)
    with pytest.raises(KeyStoreDamaged, match=r"master\.json"):
        FileKeys.open(folder, PASSPHRASE)


def test_a_missing_or_mangled_master_file_is_said_to_be_damaged(folder, made):
    (folder / "master.json").write_bytes(b"{")
    with pytest.raises(KeyStoreDamaged):
        made[0].recovery_checked()
    with pytest.raises(KeyStoreDamaged, match="No such file"):
        FileKeys.open(folder / "nowhere", PASSPHRASE)


def test_a_slot_with_cheaper_parameters_or_of_the_other_kind_does_not_open(folder, made):
    spoil(folder, lambda facts: facts["slots"]["passphrase"].update(n=4))
    with pytest.raises(WrongPassphrase):
        FileKeys.open(folder, PASSPHRASE)
    spoil(folder, lambda facts: facts["slots"]["passphrase"].update(n=2, note="x"))
    with pytest.raises(WrongPassphrase):
        FileKeys.open(folder, PASSPHRASE)
