"""The watch of the fuzzer looks at every child of this process."""

import pytest
from django.apps import apps


@pytest.fixture(scope="module", autouse=True)
def _nobody_else_s_workers() -> None:
    """Workers that other tests left ready for a minute would be taken for ones that outlived their end."""
    kernel = apps.get_app_config("kernel")
    kernel.decoding.close()
    kernel.encoding.close()
