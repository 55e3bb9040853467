"""What is special about keys in a PKCS#11 token: they never leave it, and one that is away closes its country only."""

import dataclasses
import threading

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass

from support.softhsm import PIN, soft_token
from vigie.backends.keys import FileKeys, KeyExists, KeyMissing, KeyRefused, RoutedKeys, ScryptCost, open_keys
from vigie.backends.keys.opening import read_pin
from vigie.backends.keys.token import TokenKeys, TokenPlace
from vigie.config.home import Home, prepare_home
from vigie.config.schema import Settings, TokenSettings

DATA_KEY = bytes(range(32))
CONTEXT = b"object 1 | unit A | original"


@pytest.fixture
def token():
    return soft_token()


@pytest.fixture
def folder(tmp_path):
    return FileKeys.initialise(tmp_path / "keys", "a passphrase", cost=ScryptCost(n=2))[0]


def keys_in(token, country="FR", **more):
    return TokenKeys(country, TokenPlace(token.module, token.label, lambda: PIN), **more)


def test_the_wrapping_key_is_sensitive_and_cannot_be_read_out(token):
    keys = keys_in(token)
    keys.create("FR", 2026)
    [key] = keys._session.opened().get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
    assert key[Attribute.SENSITIVE]
    assert not key[Attribute.EXTRACTABLE]
    assert not key[Attribute.WRAP]
    with pytest.raises(pkcs11.AttributeSensitive):
        _ = key[Attribute.VALUE]


def test_another_process_finds_the_same_keys(token):
    one = keys_in(token)
    one.create("FR", 2026)
    wrapped = one.wrap("FR", DATA_KEY, CONTEXT)
    assert keys_in(token).unwrap(wrapped, CONTEXT) == DATA_KEY


def test_a_lost_session_is_opened_again_by_itself(token):
    keys = keys_in(token)
    keys.create("FR", 2026)
    wrapped = keys.wrap("FR", DATA_KEY, CONTEXT)
    keys._session.opened().close()
    assert keys.unwrap(wrapped, CONTEXT) == DATA_KEY


def test_the_library_started_anew_in_between_is_no_loss(token):
    keys = keys_in(token)
    keys.create("FR", 2026)
    wrapped = keys.wrap("FR", DATA_KEY, CONTEXT)
    pkcs11.lib(str(token.module)).reinitialize()
    assert keys.unwrap(wrapped, CONTEXT) == DATA_KEY
    assert keys.wrap("FR", DATA_KEY, CONTEXT).key_id == wrapped.key_id


# python-pkcs11 closes a search of a session that is gone when the search is collected, and tells nobody it can
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_token_that_is_away_closes_its_country_only_and_opens_again_when_it_is_back(token, folder):
    other = soft_token()
    keys = RoutedKeys(folder, {"FR": keys_in(token), "ES": keys_in(other, "ES")})
    for country in ("FR", "ES", "PT"):
        keys.create(country, 2026)
    wrapped = {country: keys.wrap(country, DATA_KEY, CONTEXT) for country in ("FR", "ES", "PT")}
    away = token.remove()
    pkcs11.lib(str(token.module)).reinitialize()
    with pytest.raises(KeyMissing, match=f"the key of FR is in the token '{token.label}' .* does not answer"):
        keys.unwrap(wrapped["FR"], CONTEXT)
    with pytest.raises(KeyMissing, match="does not answer"):
        keys.wrap("FR", DATA_KEY, CONTEXT)
    assert not keys.has("FR")
    assert keys.countries() == {"ES", "PT"}
    assert [one for one in keys.ids() if one.startswith("FR")] == []
    assert [keys.unwrap(wrapped[country], CONTEXT) for country in ("ES", "PT")] == [DATA_KEY] * 2
    token.plug_in(away)
    assert keys.unwrap(wrapped["FR"], CONTEXT) == DATA_KEY
    assert keys.countries() == {"ES", "FR", "PT"}


def test_a_wrong_pin_or_library_is_said_and_a_changed_wrapping_is_not_called_so(token, tmp_path):
    keys_in(token).create("FR", 2026)
    pkcs11.lib(str(token.module)).reinitialize()  # the login is the process's, not the session's
    with pytest.raises(KeyMissing, match="PinIncorrect"):
        TokenKeys("FR", TokenPlace(token.module, token.label, lambda: "0000")).newest("FR")
    with pytest.raises(KeyMissing, match="does not answer"):
        TokenKeys("FR", TokenPlace(tmp_path / "none.so", token.label, lambda: PIN)).newest("FR")
    keys = keys_in(token)
    wrapped = keys.wrap("FR", DATA_KEY, CONTEXT)
    with pytest.raises(KeyRefused):
        keys.unwrap(dataclasses.replace(wrapped, sealed=wrapped.sealed[:-1] + b"x"), CONTEXT)
    assert keys.unwrap(wrapped, CONTEXT) == DATA_KEY


def test_threads_take_turns(token):
    keys = keys_in(token)
    keys.create("FR", 2026)
    wrong = []

    def work():
        for number in range(20):
            data_key = bytes([number]) * 32
            if keys.unwrap(keys.wrap("FR", data_key, CONTEXT), CONTEXT) != data_key:
                wrong.append(number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_country_moves_from_the_folder_to_a_token_and_everything_goes_on_opening(token, folder):
    first = folder.create("FR", 2026)
    old = folder.wrap("FR", DATA_KEY, CONTEXT)
    keys = RoutedKeys(folder, {"FR": keys_in(token, taken=folder.ever)})
    assert keys.unwrap(old, CONTEXT) == DATA_KEY
    with pytest.raises(KeyExists):
        keys.create("FR", 2026)
    second = keys.rotate("FR", 2026)
    assert (first, second) == ("FR-2026-1", "FR-2026-2")
    moved = keys.rewrap(old, CONTEXT)
    assert moved.key_id == second
    assert keys.ids() == [first, second]
    keys.destroy(first)
    assert keys.unwrap(moved, CONTEXT) == DATA_KEY
    with pytest.raises(KeyMissing):
        keys.unwrap(old, CONTEXT)


def test_a_token_holds_one_country(token):
    keys = keys_in(token)
    keys.create("FR", 2026)
    with pytest.raises(KeyMissing, match="ES"):
        keys.wrap("ES", DATA_KEY, CONTEXT)


class TestSettings:
    def test_each_country_is_opened_where_its_settings_put_it(self, token, tmp_path):
        home = Home(tmp_path / "home")
        prepare_home(home)
        FileKeys.initialise(home.keys, "a passphrase", cost=ScryptCost(n=2))
        pin = tmp_path / "pin"
        pin.touch(mode=0o600)
        pin.write_text(f"{PIN}\n")
        place = {"module": str(token.module), "token": token.label, "pin_file": str(pin)}
        settings = Settings(home=home.root, pkcs11={"FR": place})
        keys = open_keys(settings, home, "a passphrase")
        for country in ("FR", "ES"):
            keys.create(country, 2026)
        assert keys_in(token).ids() == ["FR-2026-1"]
        assert FileKeys.open(home.keys, "a passphrase").ids() == ["ES-2026-1"]
        assert isinstance(open_keys(Settings(home=home.root), home, "a passphrase"), FileKeys)

    def test_a_pin_others_can_read_is_refused_and_none_is_said(self, tmp_path, monkeypatch):
        pin = tmp_path / "pin"
        pin.write_text(PIN)
        pin.chmod(0o640)
        with pytest.raises(ValueError, match="can be read by other users"):
            read_pin(TokenSettings(module=tmp_path, token="t", pin_file=pin))
        with pytest.raises(ValueError, match="no source"):
            read_pin(TokenSettings(module=tmp_path, token="t"))
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        assert read_pin(TokenSettings(module=tmp_path, token="t", pin_credential="pin")) == PIN
        with pytest.raises(ValueError, match="cannot be read"):
            read_pin(TokenSettings(module=tmp_path, token="t", pin_credential="none"))
