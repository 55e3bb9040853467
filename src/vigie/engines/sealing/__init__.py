"""The segment cipher: Tink AES256-GCM-HKDF-1MB wire format."""
