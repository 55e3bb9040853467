"""The folder of backups: what counts as whole, what is refused, what is removed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from vigie.backends.backup import BackupDamaged, FileFacts, LogFacts, Manifest, Medium, MediumRefused
from vigie.backends.backup.contents import Kind
from vigie.backends.backup.medium import MANIFEST, OBJECTS, Line, private, told_when_full
from vigie.engines.proofs import SigningKey

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
KEY = SigningKey.generate("test")


def manifest(name, taken_at=NOW):
    log = LogFacts(2, "aa", 1, "bb", "note")
    files = {"database.age": FileFacts(1, "cc")}
    return Manifest(name, taken_at, "vigie", "18.4", "vigie", ("age1x",), files, log, 1, 3, ("dd",), 1)


def whole(medium, now=NOW, objects=()):
    folder = medium.begun(now)
    (folder / MANIFEST).write_bytes(manifest(folder.name[1:], now).text(KEY))
    lines = [Line(name, Kind.ORIGINAL, 3, "00") for name in objects]
    (folder / OBJECTS).write_text("".join(line.text() for line in lines))
    for name in objects:
        if not medium.objects.exists(name):
            medium.objects.put(name, [b"abc"])
    return medium.finished(folder)


def test_a_backup_counts_only_once_it_is_finished(tmp_path):
    medium = Medium.prepared(tmp_path / "deep" / "backups")
    folder = medium.begun(NOW)
    assert medium.names() == []
    with pytest.raises(MediumRefused, match="no whole backup"):
        medium.newest()
    assert medium.finished(folder) == medium.newest() == "2026-11-29T03-00-00Z"
    assert Medium.prepared(tmp_path / "deep" / "backups").names() == [medium.newest()]


def test_what_a_cut_backup_left_is_gone_at_the_next(tmp_path):
    medium = Medium.prepared(tmp_path / "b")
    left = medium.begun(NOW)
    private(left / "database.age")
    again = medium.begun(NOW)
    assert again == left
    assert list(again.iterdir()) == []


def test_two_backups_within_a_second_have_two_names(tmp_path):
    medium = Medium.prepared(tmp_path / "b")
    assert [whole(medium), whole(medium)] == ["2026-11-29T03-00-00Z", "2026-11-29T03-00-01Z"]


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(MediumRefused, match="no backups"):
        Medium.prepared(tmp_path)
    with pytest.raises(MediumRefused, match="holds no backups"):
        Medium.found(tmp_path)
    assert Medium(tmp_path).names() == []
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


def test_one_command_writes_at_a_time(tmp_path):
    medium = Medium.prepared(tmp_path / "b")
    with medium.locked(), pytest.raises(MediumRefused, match="Another backup"), medium.locked():
        pass
    with Medium.found(tmp_path / "b").locked():
        pass


def test_a_manifest_reads_back_with_the_key_that_signed_it(tmp_path):
    medium = Medium.prepared(tmp_path / "b")
    name = whole(medium)
    assert medium.manifest(name) == manifest(name)
    assert medium.manifest(name).key == str(KEY.verifier)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('\\"size\\": 2', '\\"size\\": 1'),
        lambda text: text.replace("vigie-backup/1", "vigie-backup/2"),
        lambda text: text[:-20],
        lambda text: "[]",
        lambda text: "[" * 5_000,
    ],
)
def test_a_changed_manifest_is_refused(tmp_path, change):
    medium = Medium.prepared(tmp_path / "b")
    name = whole(medium)
    file = medium.place(name, MANIFEST)
    changed = change(file.read_text())
    assert changed != file.read_text()
    file.write_text(changed)
    with pytest.raises(BackupDamaged):
        medium.manifest(name)


def test_a_manifest_that_is_gone_or_stands_in_anothers_folder_is_refused(tmp_path):
    medium = Medium.prepared(tmp_path / "b")
    one, other = whole(medium), whole(medium)
    medium.place(one, MANIFEST).write_bytes(medium.place(other, MANIFEST).read_bytes())
    with pytest.raises(BackupDamaged, match="lies in the folder"):
        medium.manifest(one)
    medium.place(one, MANIFEST).unlink()
    with pytest.raises(BackupDamaged, match="cannot be read"):
        medium.manifest(one)


@pytest.mark.parametrize(
    "facts",
    [
        {"files": []},
        {"files": {"x": {"bytes": "1", "sha256": "cc"}}},
        {"files": {"x": {"bytes": 1}}},
        {"objects": "1"},
        {"objects": None},
        {"recipients": "age1x"},
        {"log": None},
        {"taken_at": "2026-11-29T03:00:00"},
        {"taken_at": 7},
        {"database": []},
        {"more": 1},
    ],
    ids=str,
)
def test_a_manifest_of_other_facts_is_refused_though_its_writer_signed_it(tmp_path, facts):
    medium = Medium.prepared(tmp_path / "b")
    name = whole(medium)
    said = json.dumps(json.loads(json.loads(manifest(name).text(KEY))["manifest"]) | facts)
    signature = KEY.sign(b"vigie backup manifest 1\n" + said.encode()).hex()
    medium.place(name, MANIFEST).write_text(json.dumps({"manifest": said, "signature": signature}))
    with pytest.raises(BackupDamaged):
        medium.manifest(name)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "changes",
    [
        {"name": "../" * 16 + "etc/x"},
        {"name": "../../" + "a" * 58},
        {"name": "a" * 32},
        {"name": "A" * 64},
        {"name": "a" * 64 + "\n"},
        {"name": ["a" * 64]},
        {"name": None},
        {"kind": "folder"},
        {"bytes": "3"},
        {"bytes": True},
        {"sha256": None},
    ],
    ids=str,
)
def test_an_object_that_no_backup_has_is_damage(tmp_path, kind, changes):
    medium = Medium.prepared(tmp_path / "b")
    name = whole(medium)
    sound = {"name": "a" * 64, "kind": kind, "bytes": 3, "sha256": "00"}
    medium.place(name, OBJECTS).write_text(json.dumps(sound) + "\n")
    assert len(list(medium.lines(name))) == 1
    medium.place(name, OBJECTS).write_text(json.dumps(sound | changes) + "\n")
    with pytest.raises(BackupDamaged, match="list of objects"):
        list(medium.lines(name))


@pytest.mark.parametrize("text", ["{", json.dumps({"name": "aa"}), "[1]", "[" * 5_000])
def test_a_damaged_list_of_objects_is_said(tmp_path, text):
    medium = Medium.prepared(tmp_path / "b")
    name = whole(medium)
    medium.place(name, OBJECTS).write_text(text)
    with pytest.raises(BackupDamaged, match="list of objects"):
        list(medium.lines(name))


def test_old_backups_go_with_the_objects_no_other_needs_and_the_newest_stays(tmp_path):
    medium = Medium.prepared(tmp_path / "b")
    shared, only_old, only_new = "a" * 64, "b" * 64, "c" * 64
    old = whole(medium, NOW - timedelta(days=40), [shared, only_old])
    new = whole(medium, NOW - timedelta(days=20), [shared, only_new])
    assert medium.prune(NOW - timedelta(days=30)) == ([old], 1)
    assert list(medium.objects.names()) == [shared, only_new]
    assert medium.prune(NOW) == ([], 0)
    assert medium.names() == [new]


def test_a_full_disk_is_said_and_other_errors_pass(tmp_path):
    with pytest.raises(MediumRefused, match="no room left"), told_when_full(tmp_path):
        raise OSError(28, "No space left on device")
    with pytest.raises(OSError, match="Input/output"), told_when_full(tmp_path):
        raise OSError(5, "Input/output error")
