"""The web server's entry point."""

import ctypes
import os
import signal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.django")

# granian's main process may be killed without a chance to stop its worker (measured: the worker lives on and keeps
# the port, reference stack.md row 6c); the kernel then ends this process too. 1 is PR_SET_PDEATHSIG.
ctypes.CDLL(None).prctl(1, signal.SIGTERM)

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the settings module must be named first

application = get_wsgi_application()
