"""The folder keeps what every blob store promises."""

import pytest

from contracts.blobs.contract import BlobStoreContract
from vigie.backends.blobs import FolderBlobs


class TestFolderBlobs(BlobStoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return FolderBlobs(tmp_path / "blobs")
