"""`vigie hash` and `vigie match`: every file accounted for, without a database."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from support.postgres import child_environment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "exhibit"
    (place / "deep").mkdir(parents=True)
    picture = Image.effect_noise((600, 400), 60).convert("RGB").resize((900, 600), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for number in range(9):
        draw.rectangle(
            (90 * number, 40 * number, 90 * number + 70, 40 * number + 180), fill=(25 * number, 90, 200)
        )
    picture.save(place / "lamp.jpg", quality=92)
    picture.transpose(Image.Transpose.ROTATE_90).save(place / "deep" / "turned.png")
    (place / "note.jpg").write_text("this is no picture")
    (place / "empty.png").touch()
    return place


def run(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-m", "vigie", *arguments, "--json"],
        capture_output=True, text=True, env=child_environment(), check=False,
    )  # fmt: skip
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_every_file_has_its_line_and_the_rest_goes_on(folder: Path) -> None:
    code, lines = run("hash", str(folder))
    assert code == 6
    named = {Path(line["path"]).name: line for line in lines}
    assert set(named) == {"lamp.jpg", "turned.png", "note.jpg", "empty.png"}
    assert named["lamp.jpg"]["sha256"] == hashlib.sha256((folder / "lamp.jpg").read_bytes()).hexdigest()
    assert (named["lamp.jpg"]["width"], named["lamp.jpg"]["height"]) == (900, 600)
    assert len(named["lamp.jpg"]["pdq"]["dihedral"]) == 8
    assert named["note.jpg"]["error"]["code"] == "unknown_format"
    assert named["note.jpg"]["md5"]  # digests are known even where nothing can be decoded
    assert named["empty.png"]["error"]["code"] == "empty"


def test_a_turned_copy_is_found_on_a_list_and_a_broken_line_is_named(folder: Path, tmp_path: Path) -> None:
    _, lines = run("hash", str(folder / "lamp.jpg"))
    known = tmp_path / "known.txt"
    known.write_text(f"{lines[0]['pdq']['hash']}\nnot a hash\n")
    code, answers = run("match", str(folder), "--against", str(known))
    assert code == 6
    named = {Path(line["path"]).name: line for line in answers}
    assert named["lamp.jpg"]["hits"][0]["variant"] == "original"
    assert named["turned.png"]["known"]
    assert named["turned.png"]["hits"][0]["variant"] == "rotate90"
    assert not named["note.jpg"]["known"]


def test_a_list_that_is_none_is_a_mistake_of_usage(folder: Path) -> None:
    code, lines = run("match", str(folder), "--against", str(folder / "no-such-list"))
    assert (code, lines) == (2, [])
