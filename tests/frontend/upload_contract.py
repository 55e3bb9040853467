"""The submission and upload addresses of the agreed protocol, in memory: the other side of the uploader's tests.

tus 1.0 with creation, creation-with-upload and the digest check at the end; `_state` shows what arrived and sets faults.
"""

import base64
import hashlib
import json
import uuid

from django.http import HttpResponse, JsonResponse

SUBMISSIONS: dict[str, dict] = {}
UPLOADS: dict[str, dict] = {}
KNOWN: set[str] = set()
LOOKS: list[str] = []
FAULTS = {"fail": 0, "slow": 0.0, "reason_open": False}


def submissions(request):
    given = json.loads(request.body)
    found = uuid.uuid4().hex
    SUBMISSIONS[found] = {"given": given, "entries": {}, "state": "open"}
    return JsonResponse({"id": found}, status=201)


def manifest(request, found):
    results = []
    for entry in json.loads(request.body)["entries"]:
        SUBMISSIONS[found]["entries"][entry["entry"]] = entry
        status = "refused" if entry["bytes"] == 0 else "known" if entry["sha256"] in KNOWN else "wanted"
        reason_code = "empty" if status == "refused" else None
        results.append({"entry": entry["entry"], "status": status, "reason": reason_code, "upload": None})
    return JsonResponse({"results": results})


def close(request, found):
    SUBMISSIONS[found]["state"] = "closed"
    return JsonResponse({})


def submission(request, found):
    entry = SUBMISSIONS[found]
    done = sum(1 for upload in UPLOADS.values() if upload["submission"] == found and upload["verified"])
    stage = {"done": done, "total": done}
    stages = dict.fromkeys(("hashed", "checked", "sent", "verified", "analysed", "matched"), stage)
    return JsonResponse(
        {
            "id": found,
            "state": entry["state"],
            "stages": stages,
            "known": 0,
            "new": done,
            "refused": 0,
            "bytes_saved": 0,
            "answers": [],
        }
    )


def tus(status: int, **headers):
    return HttpResponse(
        status=status,
        headers={
            "Tus-Resumable": "1.0.0",
            **{name.replace("_", "-"): str(value) for name, value in headers.items()},
        },
    )


def take(upload, request):
    upload["bytes"] += request.body
    if len(upload["bytes"]) < upload["length"]:
        return True
    claimed = SUBMISSIONS[upload["submission"]]["entries"][upload["entry"]]["sha256"]
    upload["verified"] = hashlib.sha256(upload["bytes"]).hexdigest() == claimed
    return upload["verified"]


def uploads(request):
    if FAULTS["fail"] > 0:
        FAULTS["fail"] -= 1
        return tus(503)
    pairs = dict(part.split(" ") for part in request.headers["Upload-Metadata"].split(","))
    metadata = {name: base64.b64decode(value).decode() for name, value in pairs.items()}
    found = uuid.uuid4().hex
    upload = {
        "submission": metadata["submission"],
        "entry": int(metadata["entry"]),
        "length": int(request.headers["Upload-Length"]),
        "bytes": b"",
        "verified": False,
    }
    UPLOADS[found] = upload
    if not take(upload, request):
        return tus(460)
    return tus(201, Location=f"/api/v1/uploads/{found}", Upload_Offset=len(upload["bytes"]))


def upload_part(request, found):
    upload = UPLOADS[found]
    if request.method == "HEAD":
        return tus(200, Upload_Offset=len(upload["bytes"]), Upload_Length=upload["length"])
    if FAULTS["fail"] > 0:
        FAULTS["fail"] -= 1
        return tus(503)
    return tus(204, Upload_Offset=len(upload["bytes"])) if take(upload, request) else tus(460)


def state(request):
    if request.method == "POST":
        given = json.loads(request.body)
        FAULTS.update(given.get("faults", {}))
        KNOWN.update(given.get("known", []))
    taken = [
        {
            "entry": u["entry"],
            "path": SUBMISSIONS[u["submission"]]["entries"][u["entry"]]["path"],
            "sha256": hashlib.sha256(u["bytes"]).hexdigest(),
            "verified": u["verified"],
        }
        for u in UPLOADS.values()
    ]
    return JsonResponse({"uploads": taken, "looks": LOOKS, "submissions": SUBMISSIONS})
