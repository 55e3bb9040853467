"""The drawn set on disk: the same from the same seed, readable in every form, and matched where and only where planned."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import av
import pytest
from PIL import Image

from demo.drawn_set import SEED, DrawnSet
from demo.near import VARIANTS, distances, hash_of_file
from vigie.demo.plan.records import PlannedFile
from vigie.demo.scenes import FolderNotEmptyError, build
from vigie.demo.scenes.__main__ import main
from vigie.demo.scenes.writing import draw, orders
from vigie.engines.hashing import pdq


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def held_stills(drawn: DrawnSet) -> list[PlannedFile]:
    return [f for f in drawn.plan.held() if f.recipe.form != "mp4"]


def test_every_planned_file_is_there_and_nothing_else(drawn: DrawnSet) -> None:
    planned = [f.path for f in drawn.plan.held()] + [f.path for f in drawn.plan.incoming.files]
    assert set(digests(drawn.folder)) == {*planned, "plan.json", "expected.json"}
    assert drawn.steps[0] == (0, len(planned))
    assert drawn.steps[-1] == (len(planned), len(planned))


def test_the_same_seed_gives_the_same_bytes(
    drawn: DrawnSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "again"), "--seed", str(SEED), "--size", "small"]) == 0
    assert digests(tmp_path / "again") == digests(drawn.folder)
    assert capsys.readouterr().err.splitlines()[-1] == f"{drawn.steps[-1][0]}/{drawn.steps[-1][1]}"


def test_bytes_do_not_depend_on_which_process_draws_or_in_what_order(drawn: DrawnSet, tmp_path: Path) -> None:
    for order in reversed(orders(drawn.plan, tmp_path)[-3:]):
        draw(replace(order, files=order.files[::-1]))
    again, first = digests(tmp_path), digests(drawn.folder)
    assert again
    assert again == {path: first[path] for path in again}


def test_exact_copies_are_exact_and_all_other_files_differ(drawn: DrawnSet) -> None:
    found = digests(drawn.folder)
    for handed in drawn.plan.incoming.files:
        if handed.kind == "own":
            assert found[handed.path] == found[handed.copy_of]
    for answer in drawn.plan.answers:
        assert (found[answer.file] == found[answer.copy_of]) is (answer.by == "sha256")
    held = [found[f.path] for f in drawn.plan.held()]
    assert len(set(held)) == len(held)


def test_planted_links_are_found_and_name_one_owner_only(drawn: DrawnSet) -> None:
    files = held_stills(drawn)
    held = [hash_of_file(drawn.folder / f.path) for f in files]
    for answer in drawn.plan.answers:
        looked_up = hash_of_file(drawn.folder / answer.file)
        assert looked_up.may_match
        apart = distances(looked_up, held)
        source = [f.path for f in files].index(answer.copy_of)
        assert apart[VARIANTS.index(answer.variant), source] == apart[:, source].min()
        assert apart[:, source].min() <= answer.max_distance
        near = (apart <= pdq.MATCH_DISTANCE).any(axis=0)
        assert {f.path.split("/")[1] for f, hit in zip(files, near, strict=True) if hit} == {
            answer.owner_unit
        }


def test_new_pictures_resemble_nothing_that_is_held(drawn: DrawnSet) -> None:
    held = [hash_of_file(drawn.folder / f.path) for f in held_stills(drawn)]
    for handed in drawn.plan.incoming.files:
        if handed.kind == "new":
            apart = distances(hash_of_file(drawn.folder / handed.path), held)
            assert apart.min() > pdq.MATCH_DISTANCE, handed.path


def test_pictures_of_different_series_are_far_apart(drawn: DrawnSet) -> None:
    files = held_stills(drawn)
    held = [hash_of_file(drawn.folder / f.path) for f in files]
    assert min(item.quality for item in held) >= pdq.MATCH_QUALITY
    for file, item in zip(files, held, strict=True):
        others = [h for f, h in zip(files, held, strict=True) if f.recipe.place != file.recipe.place]
        assert distances(item, others).min() > 60, file.path


def test_files_are_what_their_names_say(drawn: DrawnSet) -> None:
    kinds = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP", "tif": "TIFF"}
    seen = set()
    for file in held_stills(drawn):
        with Image.open(drawn.folder / file.path) as picture:
            picture.load()
            seen.add(picture.format)
            assert picture.format == kinds[file.path.rsplit(".", 1)[1].lower()]
            assert max(picture.size) <= 1600
    assert {"JPEG", "PNG", "WEBP", "GIF", "BMP"} <= seen


def test_camera_facts_are_invented_and_hold_no_position(drawn: DrawnSet) -> None:
    dated = [f for f in held_stills(drawn) if f.recipe.taken]
    assert dated
    for file in dated:
        with Image.open(drawn.folder / file.path) as picture:
            facts = picture.getexif()
            assert facts[0x10F] == "Drawn Camera"
            assert facts[0x112] == file.recipe.orientation
            assert facts.get_ifd(0x8769)[0x9003] == file.recipe.taken
            assert not facts.get_ifd(0x8825)


def test_the_broken_files_are_broken(drawn: DrawnSet) -> None:
    truncated, text = (drawn.folder / refusal.file for refusal in drawn.plan.refusals)
    with Image.open(BytesIO(truncated.read_bytes())) as picture, pytest.raises(OSError, match="truncated"):
        picture.load()
    assert "text" in text.read_text(encoding="utf-8")


def test_the_clip_is_silent_and_lasts_three_seconds(drawn: DrawnSet) -> None:
    (path,) = [f.path for f in drawn.plan.incoming.files if f.kind == "clip"]
    with av.open(str(drawn.folder / path)) as clip:
        assert len(clip.streams) == 1
        frames = list(clip.decode(video=0))
    assert len(frames) == 30
    first, last = (frame.to_ndarray(format="gray").astype(int) for frame in (frames[0], frames[-1]))
    assert abs(first - last).mean() > 5


def test_expected_json_repeats_the_plan(drawn: DrawnSet) -> None:
    told = json.loads((drawn.folder / "expected.json").read_text(encoding="utf-8"))
    assert [a["file"] for a in told["answers"]] == [a.file for a in drawn.plan.answers]
    assert told["files"] == len(drawn.plan.incoming.files)
    named = [a["file"] for a in told["answers"]] + [o["file"] for o in told["own"]]
    named += told["new"] + [r["file"] for r in told["refused"]]
    assert sorted(named) == sorted(f.path for f in drawn.plan.incoming.files)
    assert json.loads((drawn.folder / "plan.json").read_text(encoding="utf-8"))["seed"] == SEED


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(FolderNotEmptyError, match=tmp_path.name):
        build(tmp_path, SEED, progress=lambda _done, _total: None, size="small")
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_the_module_refuses_a_used_folder_with_exit_code_five(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    command = [sys.executable, "-m", "vigie.demo.scenes", str(tmp_path), "--seed", "1", "--size", "small"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 5
    assert "not an empty folder" in ended.stderr
