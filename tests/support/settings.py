"""Django's settings for the suite: the program's own, with connections named by the running test server."""

import os
import tempfile
from pathlib import Path

_home = Path(tempfile.mkdtemp(prefix="vigie-suite-"))
_home.chmod(0o755)  # root's tests start PostgreSQL as another user, who must be able to enter
os.environ["VIGIE_HOME"] = str(_home)

from vigie.config.django import *  # noqa: E402, F403 - the home must be named first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
