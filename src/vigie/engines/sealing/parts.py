"""Upload parts at rest: a stream cipher that can begin at any offset."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class PartCipher:
    """Encrypts the part of an upload where it lies, from any offset: AES-256-CTR under a key of this upload alone.

    Confidentiality at rest only: the finished part is checked against its SHA-256 before anything trusts it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def apply(self, offset: int, data: bytes) -> bytes:
        """The bytes at this offset (bytes), encrypted or decrypted: the operation is its own inverse."""
        block, skip = divmod(offset, 16)
        stream = Cipher(algorithms.AES(self._key), modes.CTR(block.to_bytes(16, "big"))).encryptor()
        stream.update(bytes(skip))
        return stream.update(data)
