"""Who wraps keys: a passphrase file, later PKCS#11."""
