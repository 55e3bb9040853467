"""Upload parts: a stream cipher that can begin anywhere."""

import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from vigie.engines.sealing import PartCipher


def test_the_stream_is_aes_256_in_counter_mode_from_block_zero() -> None:
    """NIST SP 800-38A, F.5.5, with the counter block set to zero: written a second time with ECB."""
    key = secrets.token_bytes(32)
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    stream = b"".join(block.update(number.to_bytes(16, "big")) for number in range(4))
    assert PartCipher(key).apply(0, bytes(64)) == stream
    assert PartCipher(key).apply(17, bytes(40)) == stream[17:57]
