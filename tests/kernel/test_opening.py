"""What an installation has one of: opened once, with the passphrase, and clear about what is wrong otherwise."""

import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.backends.signals import connection_created

from factories.media import CHEAP
from vigie.backends.keys import FileKeys
from vigie.config.home import Home, keep_secret, mark_demo, prepare_home
from vigie.config.passphrase import DEMO_SECRET
from vigie.config.schema import Settings
from vigie.kernel import gate, installation
from vigie.kernel.apps import KernelConfig
from vigie.kernel.errors import Unavailable
from vigie.kernel.opening import open_vault, read_checkpoint_key
from vigie.kernel.vault import Owner


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A demonstration's home with keys and the passphrase beside them."""
    made = Home(tmp_path / "home")
    prepare_home(made)
    mark_demo(made)
    FileKeys.initialise(made.keys, "a drawn lamp", cost=CHEAP)
    keep_secret(made, DEMO_SECRET, "a drawn lamp")
    return made


@pytest.fixture
def installed(home: Home, settings: Any) -> Iterator[Home]:
    """The running program's home is this one, and nothing of it was opened yet."""
    settings.VIGIE_HOME = home
    settings.VIGIE = Settings(home=home.root)
    kernel = apps.get_app_config("kernel")
    kernel.__dict__.pop("vault", None)
    kernel.__dict__.pop("checkpoint_key", None)
    yield home
    kernel.__dict__.pop("vault", None)
    kernel.__dict__.pop("checkpoint_key", None)


def test_the_vault_opens_with_the_passphrase_and_keeps_its_store_key(home: Home) -> None:
    owner, digest = Owner(uuid.UUID(int=1), "ALV"), bytes(32)
    names = {open_vault(Settings(home=home.root), home).object_name(owner, digest) for _ in range(2)}
    assert len(names) == 1
    assert stat.S_IMODE((home.secrets / "store-key").stat().st_mode) == 0o600


def test_a_wrong_passphrase_says_that_the_keys_cannot_be_opened(home: Home) -> None:
    keep_secret(home, DEMO_SECRET, "another lamp")
    with pytest.raises(Unavailable, match="keys of this installation cannot be opened"):
        open_vault(Settings(home=home.root), home)


@pytest.mark.parametrize("left", ["", "{", "[]"])
def test_missing_or_damaged_keys_say_so_too(home: Home, left: str) -> None:
    [master] = home.keys.glob("master.json")
    master.unlink()
    if left:
        master.write_text(left)
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_vault(Settings(home=home.root), home)


def test_without_a_passphrase_only_media_stay_closed(tmp_path: Path) -> None:
    home = Home(tmp_path / "real")
    prepare_home(home)
    FileKeys.initialise(home.keys, "a drawn lamp", cost=CHEAP)
    with pytest.raises(Unavailable, match="no terminal to ask"):
        open_vault(Settings(home=home.root), home)


def test_the_checkpoint_key_is_made_once_and_kept_for_its_owner_only(home: Home) -> None:
    first, second = read_checkpoint_key(home), read_checkpoint_key(home)
    assert str(first.verifier) == str(second.verifier)
    assert first.verifier.name == "vigie"
    assert stat.S_IMODE((home.secrets / "checkpoint-key").stat().st_mode) == 0o600


def test_a_process_opens_them_once(installed: Home) -> None:
    assert installation.vault() is installation.vault()
    assert installation.checkpoint_key() is installation.checkpoint_key()
    assert str(installation.checkpoint_key().verifier) == str(read_checkpoint_key(installed).verifier)


def test_keys_that_could_not_be_opened_are_tried_again(installed: Home) -> None:
    keep_secret(installed, DEMO_SECRET, "another lamp")
    with pytest.raises(Unavailable):
        installation.vault()
    keep_secret(installed, DEMO_SECRET, "a drawn lamp")
    installation.vault()


@pytest.mark.parametrize("stands", [True, False])
def test_the_gate_stands_in_every_process_but_the_one_that_migrates(settings: Any, stands: bool) -> None:
    def installed() -> bool:
        return any(key[0] == "vigie.write-gate" for key, *_ in connection_created.receivers)

    kernel = KernelConfig.create("vigie.kernel.apps.KernelConfig")
    assert connection_created.disconnect(dispatch_uid="vigie.write-gate")
    try:
        settings.VIGIE_WRITE_GATE = stands
        kernel.ready()
        assert installed() is stands
    finally:
        gate.install()
    assert installed()
