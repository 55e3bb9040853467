"""A PKCS#11 token, and a token beside the key folder, keep what every key provider promises."""

import pytest

from contracts.keys.contract import KeyProviderContract
from support.softhsm import PIN, soft_token
from vigie.backends.keys import FileKeys, RoutedKeys, ScryptCost
from vigie.backends.keys.token import TokenKeys, TokenPlace


def token(country, taken=tuple):
    made = soft_token()
    return TokenKeys(country, TokenPlace(made.module, made.label, lambda: PIN), taken)


class TestTokensOfTwoCountries(KeyProviderContract):
    @pytest.fixture
    def keys(self, tmp_path):
        folder, _ = FileKeys.initialise(tmp_path / "keys", "a passphrase", cost=ScryptCost(n=2))
        return RoutedKeys(folder, {country: token(country) for country in ("FR", "ES")})


class TestATokenBesideTheFolder(KeyProviderContract):
    @pytest.fixture
    def keys(self, tmp_path):
        folder, _ = FileKeys.initialise(tmp_path / "keys", "a passphrase", cost=ScryptCost(n=2))
        return RoutedKeys(folder, {"FR": token("FR")})
