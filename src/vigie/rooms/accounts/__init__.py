"""People: sign-in, roles, and the certificate without which no media opens."""
