"""`vigie demo`: its own home, its own keys, a world handed in for real, whatever interrupts it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.demonstration import copied_home, demonstration, environment, said, started, vigie
from support.folders import open_folder
from support.system import free_port, living, seconds_until
from vigie.backends.keys import FileKeys
from vigie.config.home import DEMO_MARKER, Home, mark_demo, prepare_home, read_secret
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings
from vigie.demo import running
from vigie.demo.homes import (
    World,
    choose_world,
    demo_settings,
    is_loaded,
    open_keys,
    prepare_demo_home,
    require_demo_home,
    world_of,
)
from vigie.demo.parts import parts_of
from vigie.demo.plan import make_plan
from vigie.demo.preparing import drawing
from vigie.demo.preparing.drawing import are_drawn, draw_pictures
from vigie.interfaces.cli.system import PARTS


@pytest.fixture
def home() -> Iterator[Home]:
    with open_folder() as folder:
        yield Home(folder / "home")


def settings_of(home: Home, **options: object) -> Settings:
    return Settings(home=home.root, **options)


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(home: Home) -> None:
    prepare_home(home)
    before = sorted(home.root.rglob("*"))
    with pytest.raises(SetupProblem, match="is not the home of a demonstration"):
        prepare_demo_home(settings_of(home))
    refused = vigie(home, "demo")
    assert refused.returncode == 1
    assert "is not the home of a demonstration" in refused.stderr
    assert refused.stdout == ""
    assert sorted(home.root.rglob("*")) == before


def test_a_new_folder_an_empty_one_and_its_own_are_taken(home: Home) -> None:
    require_demo_home(home)
    home.root.mkdir()
    require_demo_home(home)
    prepare_demo_home(settings_of(home))
    require_demo_home(home)


def test_the_mark_stands_before_anything_else(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(
        "vigie.demo.homes.prepare_home", lambda home: seen.append([one.name for one in home.root.iterdir()])
    )
    prepare_demo_home(settings_of(home))
    assert seen == [[DEMO_MARKER]]


def test_the_settings_of_the_home_say_where_it_answers_and_that_owners_hear_soon(home: Home) -> None:
    prepare_demo_home(settings_of(home, port=8999))
    found = Settings(home=home.root)
    assert (found.port, found.match_delay_seconds) == (8999, 1)
    assert Settings(home=home.root / "elsewhere").match_delay_seconds == 60


def test_its_own_folder_is_used_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIGIE_HOME", raising=False)
    monkeypatch.setattr("vigie.demo.homes.default_demo_home", lambda: tmp_path / "vigie-demo")
    assert demo_settings(None).home == tmp_path / "vigie-demo"
    monkeypatch.setenv("VIGIE_HOME", str(tmp_path / "named"))
    assert demo_settings(8123).home == tmp_path / "named"
    assert demo_settings(8123).port == 8123


def test_a_home_holds_one_world(home: Home) -> None:
    prepare_demo_home(settings_of(home))
    assert world_of(home) is None
    assert choose_world(home, seed=None, size="small") == World(1, "small")
    assert choose_world(home, seed=None, size=None) == World(1, "small")
    for other in ({"seed": 2, "size": None}, {"seed": None, "size": "full"}):
        with pytest.raises(SetupProblem, match="--seed 1 --size small"):
            choose_world(home, **other)  # type: ignore[arg-type]  # one dictionary for both
    assert world_of(home) == World(1, "small")


def test_keys_are_made_once_under_a_passphrase_of_the_home(home: Home) -> None:
    prepare_demo_home(settings_of(home))
    first = open_keys(home)
    key = first.create("ALV", 2026)
    assert open_keys(home).has("ALV")
    assert key == "ALV-2026-1"
    passphrase = read_secret(home, "demo-passphrase")
    assert passphrase is not None
    assert FileKeys.open(home.keys, passphrase).has("ALV")


def test_keys_that_do_not_open_are_told_with_what_to_do(home: Home) -> None:
    prepare_demo_home(settings_of(home))
    open_keys(home)
    (home.secrets / "demo-passphrase").write_text("another")
    with pytest.raises(SetupProblem, match="do not open"):
        open_keys(home)


def test_a_set_cut_short_is_drawn_again_whole(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_demo_home(settings_of(home))
    world = World(3, "small")
    left = home.root / "pictures.new" / "units"
    left.mkdir(parents=True)
    assert not are_drawn(home, world)
    draw_pictures(home, world, lambda done, total: None)
    assert are_drawn(home, world)
    assert not are_drawn(home, World(4, "small"))
    assert not left.parent.exists()
    files = [path for path in (home.root / "pictures").rglob("*.*") if path.suffix != ".json"]
    assert len(files) == len(make_plan(3, "small").held()) + len(make_plan(3, "small").incoming.files)
    monkeypatch.setattr(drawing, "make_plan", lambda seed, size: make_plan(seed + 1, size))
    assert not are_drawn(home, world)  # a plan that changed asks for other pictures


def test_the_guard_against_real_records_runs_before_the_door_opens_at_every_start(home: Home) -> None:
    prepare_demo_home(settings_of(home))
    world = choose_world(home, seed=None, size="small")
    cold = [part.name for part in parts_of(home, world)]
    assert cold == ["pictures", "migrate", "records", "matcher", "web", "worker", "hand-in"]
    (home.root / "world-loaded").touch()
    (home.root / "pictures").mkdir()
    plan = json.dumps({"not": "drawn"})
    (home.root / "pictures" / "plan.json").write_text(plan)
    warm = [part.name for part in parts_of(home, world)]
    assert warm == ["pictures", "migrate", "records", "matcher", "web", "worker"]
    assert {part.name for part in PARTS} <= set(warm)


def test_a_world_of_another_version_is_not_mixed_with_this_ones_pictures(home: Home) -> None:
    prepare_demo_home(settings_of(home))
    choose_world(home, seed=None, size="small")
    (home.root / "world-loaded").touch()
    refused = vigie(home, "demo")
    assert refused.returncode == 1
    assert "made by another version" in refused.stderr
    assert not home.postgres.exists()


@pytest.mark.timeout(900)
def test_a_start_says_one_line_and_a_second_start_builds_nothing_again() -> None:
    with copied_home() as home:
        assert is_loaded(home)
        drawn = (home.root / "pictures").stat().st_mtime_ns
        with demonstration(home) as running_demo:
            expected = f"Vigie is ready at http://127.0.0.1:{running_demo.port} (home {home.root})\n"
            assert running_demo.ready_line == expected
            told = said(home)
            assert "hand-in: ready" not in told
            assert "pictures: ready" not in told
            twice = vigie(home, "demo", "--port", str(free_port()))
            assert twice.returncode == 1
            assert "already runs with the home folder" in twice.stderr
            other = Settings(home=home.root).port
            assert other == running_demo.port  # the refused start wrote nothing
            stopped = vigie(home, "down")
            assert stopped.returncode == 0
            rest, _ = running_demo.process.communicate(timeout=100)
            assert rest == ""
        assert (home.root / "pictures").stat().st_mtime_ns == drawn


@pytest.mark.timeout(1500)
def test_a_start_killed_while_it_hands_in_is_gone_on_with_and_nothing_is_there_twice() -> None:
    with copied_home() as built, open_folder() as folder:
        home = Home(folder / "home")
        home.root.mkdir()
        mark_demo(home)
        (built.root / "pictures").rename(home.root / "pictures")
        process = started(home, free_port(), "--size", "small")
        log = home.root.with_suffix(".log")
        seconds_until(lambda: "worker: ready" in log.read_text(), 600)
        blobs = seconds_until(lambda: any(path.is_file() for path in home.blobs.rglob("*")), 300)
        assert blobs >= 0
        below = {int(pid) for pid in _below(process.pid)}
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        seconds_until(lambda: not living(below), 120)
        assert not is_loaded(home)
        with demonstration(home, "--size", "small") as running_demo:
            assert is_loaded(home)
            checked = running_demo.check()
            assert checked.returncode == 0, checked.stdout + checked.stderr
            assert _occurrences(home, running_demo.port) == {
                case.reference: sorted(len(exhibit.files) for exhibit in case.exhibits)
                for case in make_plan(1, "small").cases
            }


def _below(pid: int) -> list[str]:
    found = []
    with contextlib.suppress(FileNotFoundError):  # it ended while it was looked at
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += _children(task)
    return found


def _children(task: Path) -> list[str]:
    found = []
    with contextlib.suppress(FileNotFoundError):  # a thread may end at any moment
        for child in (task / "children").read_text().split():
            found += [child, *_below(int(child))]
    return found


def _occurrences(home: Home, port: int) -> dict[str, list[int]]:
    """How many files each exhibit holds, by its case, as its own unit sees it."""
    counting = (
        "import json, sys\n"
        "from vigie.config.environment import choose_django_settings\n"
        "choose_django_settings()\n"
        "import django; django.setup()\n"
        "from vigie.config.schema import load_settings\n"
        "from vigie.demo.plan import make_plan\n"
        "from vigie.demo.preparing.directory import recorder_of\n"
        "from vigie.demo.preparing.handing_in import remote_as\n"
        "from vigie.kernel.actors import utc_now\n"
        "plan, found = make_plan(1, 'small'), {}\n"
        "for case in plan.cases:\n"
        "    with remote_as(recorder_of(plan.people, case.unit).key, load_settings(), utc_now) as remote:\n"
        "        there = remote.get('/api/v1/cases/by-reference', reference=case.reference)\n"
        "        exhibits = remote.get(f\"/api/v1/cases/{there['public_id']}/exhibits\")\n"
        "        found[case.reference] = sorted(each['files'] for each in exhibits)\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", counting],
        env=environment(home, VIGIE_PORT=str(port)),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: dict[str, list[int]] = json.loads(done.stdout)
    return found


def test_a_demonstration_started_below_is_stopped_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare_home(home)  # a home that is none of a demonstration's: the start below fails at once
    began = time.monotonic()
    with (
        pytest.raises(SetupProblem, match="did not become ready"),
        running.shown_below(settings_of(home), ()),
    ):
        pytest.fail("it must not count as ready")
    assert time.monotonic() - began < 60
