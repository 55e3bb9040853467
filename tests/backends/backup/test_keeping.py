"""A backup holds one moment of the database and all that belongs to it, and gives it back equal."""

import shutil
from datetime import timedelta
from functools import partial

import psycopg
import pytest
from pyrage import x25519

from factories.actors import investigator
from factories.backup import NOW, bare_database, borrowed_home, kept_installation
from factories.media import intake_service, recorded
from support.database import administrator
from vigie.backends.backup import (
    BackupDamaged,
    bring_database,
    bring_objects,
    bring_secrets,
    erase_again,
    read_erasures,
    verify,
    write_erasures,
)
from vigie.backends.backup import taking as taking_module
from vigie.backends.backup.contents import Kind
from vigie.backends.postgres import admin_parameters
from vigie.config.home import Home, prepare_home
from vigie.config.problems import SetupProblem
from vigie.kernel import sequencer
from vigie.kernel.actors import utc_now
from vigie.kernel.operation import act_as
from vigie.rooms.media.models import Content, OriginalKey

pytestmark = pytest.mark.usefixtures("database")
ALICE = investigator()


@pytest.fixture
def kept(tmp_path):
    with kept_installation(tmp_path) as made:
        yield made


@pytest.fixture
def bare(tmp_path):
    home = borrowed_home(tmp_path / "bare")
    with bare_database(home, f"vigie_bare_{tmp_path.name[-20:].replace('-', '_').lower()}") as settings:
        yield settings


def objects_of(kept):
    return sorted(path for path in kept.home.blobs.rglob("*") if path.is_file())


def stranger():
    return x25519.Identity.generate()


def rows(settings, table):
    parameters = {**admin_parameters(settings), "dbname": settings.database_name}
    with psycopg.connect(**parameters) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()


class TestTaking:
    def test_it_holds_every_object_once_and_copies_only_what_is_new(self, kept):
        recorded(ALICE, seed=1)
        recorded(ALICE, seed=2)
        first = kept.take()
        assert (first.manifest.objects, first.copied, first.verified) == (2, 2, 2)
        recorded(ALICE, seed=3)
        second = kept.take(NOW + timedelta(hours=1))
        assert (second.manifest.objects, second.copied, second.verified) == (3, 1, 1)
        assert kept.medium.names() == [first.manifest.name, second.manifest.name]
        assert verify(kept.medium, first.manifest.name, identity=kept.identity).whole

    def test_it_notes_the_log_as_it_stood(self, kept):
        recorded(ALICE, seed=1)
        sequencer.sequence()
        checkpoint = sequencer.sign(kept.key, now=utc_now())
        recorded(ALICE, seed=2)
        sequencer.sequence()
        log = kept.take().manifest.log
        assert (log.signed_size, log.signed_root) == (checkpoint.size, checkpoint.root.hex())
        assert log.checkpoint == checkpoint.note
        assert log.size > log.signed_size
        later = sequencer.sign(kept.key, now=utc_now())
        assert (log.size, log.root) == (later.size, later.root.hex())

    def test_nothing_plain_and_no_digest_lies_on_the_medium(self, kept):
        recorded(ALICE, seed=1)
        with act_as(intake_service(ALICE), clock=utc_now):
            row = Content.objects.for_actor(intake_service(ALICE)).get()
            digest = bytes(row.sha256)
        kept.take()
        for path in kept.medium.folder.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                assert not any(
                    one in data for one in (digest, digest.hex().encode(), str(row.id).encode(), b"ALV")
                )
                assert path.stat().st_mode & 0o077 == 0

    def test_an_object_that_is_missing_in_the_store_is_named_and_the_rest_is_kept(self, kept):
        recorded(ALICE, seed=1)
        recorded(ALICE, seed=2)
        lost = objects_of(kept)[0]
        lost.unlink()
        taken = kept.take()
        assert [name[:64] for name in taken.manifest.missing] == [lost.name]
        assert taken.manifest.objects == 1
        assert not verify(kept.medium, taken.manifest.name).whole

    def test_what_is_erased_while_it_runs_is_rightly_absent(self, kept, monkeypatch):
        recorded(ALICE, seed=1)
        recorded(ALICE, seed=2)
        gone = objects_of(kept)[0]
        original = taking_module.belongings

        def erased_meanwhile(connection):
            yield from original(connection)
            gone.unlink(missing_ok=True)
            with administrator() as admin:
                admin.execute("DELETE FROM media_originalkey WHERE name = %s", (gone.name,))

        monkeypatch.setattr(taking_module, "belongings", erased_meanwhile)
        taken = kept.take()
        assert (taken.manifest.objects, taken.manifest.withdrawn, taken.manifest.missing) == (1, 1, ())
        assert [name[:64] for name in kept.medium.objects.names()] != [gone.name]

    def test_files_that_wait_for_their_turn_are_kept_too(self, kept, bare):
        from factories.cases import directory
        from factories.intake import handed_in, opened_submission
        from factories.media import picture

        directory()
        submission = opened_submission(ALICE)
        handed_in(ALICE, submission, picture(1))
        from django.conf import settings as django

        waiting = [path for path in django.VIGIE_HOME.uploads.rglob("*") if path.is_file()]
        assert waiting
        shutil.copytree(django.VIGIE_HOME.uploads, kept.home.uploads, dirs_exist_ok=True)
        taken = kept.take()
        kinds = [line.kind for line in kept.medium.lines(taken.manifest.name)]
        assert kinds.count(Kind.PART) == 1
        bring_objects(kept.medium, taken.manifest, Home(bare.home))
        brought = [path for path in Home(bare.home).uploads.rglob("*") if path.is_file()]
        assert [path.read_bytes() for path in brought] == [
            path.read_bytes() for path in waiting if path.name in {one.name for one in brought}
        ]
        assert len(brought) == 1
        shutil.rmtree(django.VIGIE_HOME.uploads)
        django.VIGIE_HOME.uploads.mkdir(mode=0o700)

    def test_a_medium_that_reads_back_other_bytes_is_refused(self, kept, monkeypatch):
        recorded(ALICE, seed=1)
        original = taking_module.check_files

        def rot(folder, manifest):
            original(folder, manifest)
            [name] = kept.medium.objects.names()
            file = next(kept.medium.folder.rglob(name))
            file.write_bytes(b"rotten" + file.read_bytes()[6:])

        monkeypatch.setattr(taking_module, "check_files", rot)
        with pytest.raises(SetupProblem, match="does not read back"):
            kept.take()
        assert kept.medium.names() == []
        monkeypatch.undo()
        assert kept.take().copied == 1

    def test_an_object_a_cut_run_left_is_used_if_it_is_the_same_and_replaced_if_not(self, kept):
        recorded(ALICE, seed=1)
        taken = kept.take()
        shutil.rmtree(kept.medium.place(taken.manifest.name, "manifest.json").parent)
        [name] = kept.medium.objects.names()
        file = next(kept.medium.folder.rglob(name))
        kept.take()
        for name_of in kept.medium.names():
            shutil.rmtree(kept.medium.place(name_of, "manifest.json").parent)
        file.write_bytes(b"another")
        assert verify(kept.medium, kept.take().manifest.name).whole

    def test_a_server_that_stops_in_the_middle_leaves_nothing_that_looks_whole(self, kept, monkeypatch):
        monkeypatch.setattr(taking_module, "NOT_KEPT", ("django_session; nonsense'",))
        recorded(ALICE, seed=1)
        monkeypatch.setattr(
            taking_module,
            "connection_parameters",
            lambda role, settings: {
                **original(role, settings),
                **({"user": "nobody_there"} if calls() else {}),
            },
        )
        from vigie.backends.postgres import connection_parameters as original

        calls = partial(next, iter(range(9)))
        with pytest.raises(SetupProblem, match="could not be written out"):
            kept.take()
        assert kept.medium.names() == []


class TestVerifying:
    def test_damage_is_named(self, kept):
        recorded(ALICE, seed=1)
        recorded(ALICE, seed=2)
        name = kept.take().manifest.name
        one, other = kept.medium.objects.names()
        next(kept.medium.folder.rglob(one)).unlink()
        file = next(kept.medium.folder.rglob(other))
        file.write_bytes(file.read_bytes()[:-1])
        found = verify(kept.medium, name)
        assert (set(found.damaged), found.objects, found.whole) == ({one, other}, 0, False)

    @pytest.mark.parametrize("file", ["database.age", "secrets.age", "objects.jsonl"])
    def test_a_changed_or_missing_file_of_the_backup_is_refused(self, kept, file):
        recorded(ALICE, seed=1)
        name = kept.take().manifest.name
        place = kept.medium.place(name, file)
        place.write_bytes(place.read_bytes()[:-1])
        with pytest.raises(BackupDamaged, match=f"{file} .* changed or cut"):
            verify(kept.medium, name)
        place.unlink()
        with pytest.raises(BackupDamaged, match=f"{file} .* cannot be read"):
            verify(kept.medium, name)

    def test_another_identity_opens_nothing(self, kept):
        name = kept.take().manifest.name
        assert verify(kept.medium, name, identity=stranger()).damaged == ("database.age", "secrets.age")


class TestRestoring:
    def test_the_database_comes_back_equal_with_its_guards(self, kept, bare):
        recorded(ALICE, seed=1)
        sequencer.sequence()
        before = {
            table: rows(kept.settings, table)
            for table in ("media_content", "media_originalkey", "audit_event", "audit_leaf")
        }
        manifest = kept.take().manifest
        bring_database(bare, kept.medium, manifest, kept.identity)
        assert {table: rows(bare, table) for table in before} == before
        parameters = {**admin_parameters(bare), "dbname": bare.database_name}
        with psycopg.connect(**parameters) as connection:
            owners = connection.execute(
                "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            forced = connection.execute(
                "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'media_content'"
            ).fetchone()
            policies = connection.execute("SELECT count(*) FROM pg_policies").fetchone()
        assert owners == [("vigie_owner",)]
        assert forced == (True,)
        assert policies == (len(rows(kept.settings, "pg_policies")),)

    def test_transaction_numbers_are_those_of_the_server_that_took_it_in(self, kept, bare):
        recorded(ALICE, seed=1)
        manifest = kept.take().manifest
        bring_database(bare, kept.medium, manifest, kept.identity)
        parameters = {**admin_parameters(bare), "dbname": bare.database_name}
        with psycopg.connect(**parameters) as connection:
            held = connection.execute("SELECT changed_xid::text::bigint FROM media_fingerprint").fetchall()
            before = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()[0]
        old = {one for (one,) in _changed(kept.settings)}
        assert held
        assert all(one < before and one not in old for (one,) in held)

    def test_a_database_that_holds_something_is_left_alone(self, kept):
        manifest = kept.take().manifest
        with pytest.raises(SetupProblem, match="holds tables already"):
            bring_database(kept.settings, kept.medium, manifest, kept.identity)

    def test_another_identity_brings_nothing(self, kept, bare):
        manifest = kept.take().manifest
        with pytest.raises(BackupDamaged, match=r"database\.age .* does not open"):
            bring_database(bare, kept.medium, manifest, stranger())
        with pytest.raises(BackupDamaged, match=r"secrets\.age .* does not open"):
            bring_secrets(kept.medium, manifest, stranger(), Home(bare.home))

    def test_a_database_that_does_not_take_it_says_why(self, kept, bare):
        parameters = {**admin_parameters(bare), "dbname": bare.database_name}
        manifest = kept.take().manifest
        with psycopg.connect(**parameters, autocommit=True) as connection:
            connection.execute("CREATE TYPE vigie_append_only AS ENUM ()")
            connection.execute("CREATE SEQUENCE media_content")
        with pytest.raises(SetupProblem, match="could not be read back"):
            bring_database(bare, kept.medium, manifest, kept.identity)

    def test_objects_come_back_byte_for_byte_and_damaged_ones_are_named(self, kept, tmp_path):
        for seed in range(3):
            recorded(ALICE, seed=seed)
        manifest = kept.take().manifest
        gone, changed, sound = kept.medium.objects.names()
        next(kept.medium.folder.rglob(gone)).unlink()
        next(kept.medium.folder.rglob(changed)).write_bytes(b"x")
        home = Home(tmp_path / "new")
        prepare_home(home)
        assert bring_objects(kept.medium, manifest, home) == (1, (gone, changed))
        [file] = [path for path in home.blobs.rglob("*") if path.is_file()]
        assert file.name == sound[:64]
        assert file.read_bytes() in [path.read_bytes() for path in objects_of(kept)]

    def test_secrets_and_keys_come_back_and_are_closed_to_others(self, kept, tmp_path):
        manifest = kept.take().manifest
        home = Home(tmp_path / "new")
        prepare_home(home)
        bring_secrets(kept.medium, manifest, kept.identity, home)
        for name in ("secrets", "keys"):
            there = {path.name: path.read_bytes() for path in (kept.home.root / name).iterdir()}
            assert {path.name: path.read_bytes() for path in (home.root / name).iterdir()} == there
            assert all(path.stat().st_mode & 0o077 == 0 for path in (home.root / name).iterdir())


class TestErasures:
    def test_what_was_erased_since_is_erased_again(self, kept, bare, tmp_path):
        recorded(ALICE, seed=1)
        recorded(ALICE, seed=2)
        manifest = kept.take().manifest
        with act_as(intake_service(ALICE), clock=utc_now):
            lost = OriginalKey.objects.for_actor(intake_service(ALICE)).order_by("id").first()
        bring_database(bare, kept.medium, manifest, kept.identity)
        assert erase_again(bare, [lost.content_id]) == (1, frozenset({lost.name}))
        assert len(rows(bare, "media_originalkey")) == 1
        assert len(rows(bare, "media_rendition")) == 1
        assert len(rows(bare, "media_fingerprint")) == 1
        home = Home(tmp_path / "new")
        prepare_home(home)
        assert bring_objects(kept.medium, manifest, home, erased=frozenset({lost.name})) == (1, ())

    def test_the_list_reads_back_and_a_cut_one_is_refused(self, kept, tmp_path):
        out = tmp_path / "erasures"
        count = write_erasures(kept.settings, out, NOW)
        assert len(read_erasures(out)) == count
        for text in ("", "{}", "[" * 5_000, '{"format": "vigie-erasures/1", "count": 1, "written_at": ""}\n'):
            out.write_text(text)
            with pytest.raises(SetupProblem, match="no whole list of erasures"):
                read_erasures(out)


def _changed(settings):
    parameters = {**admin_parameters(settings), "dbname": settings.database_name}
    with psycopg.connect(**parameters) as connection:
        return connection.execute("SELECT changed_xid::text::bigint FROM media_fingerprint").fetchall()
