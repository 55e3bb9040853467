"""The web server's entry point."""

import ctypes
import os
import signal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.django")

# granian's main process may be killed without a chance to stop its worker (measured: the worker lives on and keeps
# the port, reference stack.md row 6c); the kernel then ends this process too. 1 is PR_SET_PDEATHSIG.
ctypes.CDLL(None).prctl(1, signal.SIGTERM)

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the settings module must be named first
from django.urls import get_resolver  # noqa: E402 - as above

from vigie.config.collecting import spare_what_is_loaded  # noqa: E402 - after the kernel was told about its parent

application = get_wsgi_application()
_ = get_resolver().url_patterns  # the pages are read now, and not while the first visitor waits
spare_what_is_loaded()
