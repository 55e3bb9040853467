"""An installation on the suite's database with a home of its own, and a place to keep backups of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from pyrage import x25519

from factories.media import vault_in
from support import database
from support.postgres import postgres_server
from vigie.backends.backup import Identity, Medium, Taken, take
from vigie.backends.postgres import Takeover, ensure_database
from vigie.config.home import Home, prepare_home
from vigie.config.schema import Settings
from vigie.engines.proofs import SigningKey

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)


@dataclass
class Kept:
    """An installation and where its backups go."""

    settings: Settings
    medium: Medium
    recipient: str
    identity: Identity
    key: SigningKey

    @property
    def home(self) -> Home:
        return Home(self.settings.home)

    def take(self, now: datetime = NOW) -> Taken:
        """A backup of the installation as it is."""
        return take(
            self.settings,
            self.medium,
            recipients=[self.recipient],
            key=self.key,
            program="vigie under test",
            now=now,
        )


@contextmanager
def kept_installation(folder: Path) -> Iterator[Kept]:
    """The suite's database belongs to a home in this folder inside the block; its vault lies there too."""
    home = borrowed_home(folder / "home")
    identity = x25519.Identity.generate()
    settings = database.settings().model_copy(update={"home": home.root})
    medium = Medium.prepared(folder / "backups")
    with vault_in(home.root / "vault"):
        for name in ("keys", "blobs"):
            (home.root / name).rmdir()
            (home.root / "vault" / name).rename(home.root / name)
            (home.root / "vault" / name).symlink_to(home.root / name)
        yield Kept(settings, medium, str(identity.to_public()), identity, SigningKey.generate("test"))


def borrowed_home(root: Path) -> Home:
    """A home that reaches the session's server with its passwords."""
    home, server = Home(root), Home(Path(postgres_server().home))
    prepare_home(home)
    for name in ("secrets", "run"):
        shutil.copytree(server.root / name, root / name, dirs_exist_ok=True)
    return home


@contextmanager
def bare_database(home: Home, name: str) -> Iterator[Settings]:
    """An empty, prepared database beside the suite's, gone afterwards."""
    settings = database.settings().model_copy(update={"home": home.root, "database_name": name})
    ensure_database(settings, Takeover.REPLACE)
    try:
        yield settings
    finally:
        with psycopg.connect(**postgres_server().admin, autocommit=True) as connection:  # type: ignore[arg-type]
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
