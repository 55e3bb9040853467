"""The API's description is checked in, so that a change of the contract is seen in the diff.

Run as a program it writes the description anew.
"""

import json
from pathlib import Path
from typing import Any

PLACE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "openapi.json"


def described() -> dict[str, Any]:
    from vigie.interfaces.api.root import api
    from vigie.interfaces.web import urls

    assert urls.urlpatterns  # importing the address map mounts the routers
    found: dict[str, Any] = json.loads(
        json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str)
    )
    return found


def written(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def test_the_description_is_the_one_checked_in() -> None:
    assert PLACE.read_text(encoding="utf-8") == written(described())


def test_it_is_openapi_3_1_and_every_operation_says_what_it_does() -> None:
    schema = described()
    assert schema["openapi"].startswith("3.1")
    silent = [
        f"{verb} {path}"
        for path, verbs in schema["paths"].items()
        for verb, operation in verbs.items()
        if not operation.get("description") and not operation.get("summary")
    ]
    assert silent == []


if __name__ == "__main__":
    import django

    django.setup()
    PLACE.write_text(written(described()), encoding="utf-8")
