"""The key folder keeps what every key provider promises."""

import pytest

from contracts.keys.contract import KeyProviderContract
from vigie.backends.keys import FileKeys, ScryptCost


class TestFileKeys(KeyProviderContract):
    @pytest.fixture
    def keys(self, tmp_path):
        return FileKeys.initialise(tmp_path / "keys", "a passphrase", cost=ScryptCost(n=2))[0]
