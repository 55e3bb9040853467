"""Encrypted bytes: a folder, later S3."""

from vigie.backends.blobs.folder import FolderBlobs
from vigie.backends.blobs.store import (
    BlobExists,
    BlobMissing,
    BlobNameRefused,
    BlobStore,
    BlobStoreError,
    BlobStoreFull,
)

__all__ = [
    "BlobExists",
    "BlobMissing",
    "BlobNameRefused",
    "BlobStore",
    "BlobStoreError",
    "BlobStoreFull",
    "FolderBlobs",
]
