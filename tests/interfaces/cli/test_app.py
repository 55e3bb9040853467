import importlib
import subprocess
import sys
import types

import psycopg
import pytest
import typer

from support.postgres import child_environment
from vigie.config.problems import SetupProblem
from vigie.interfaces.cli import app as app_module
from vigie.interfaces.cli.app import COMMANDS, Row, main
from vigie.interfaces.cli.exits import Exit


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


def row(monkeypatch, command):
    """Make `command` the only row of the table."""
    module = types.ModuleType("tried")
    module.command = command
    monkeypatch.setitem(sys.modules, "tried", module)
    monkeypatch.setattr(app_module, "COMMANDS", (Row("try", "tried:command", "Tries."),))


def test_exit_codes_are_the_contract():
    assert [code.value for code in Exit] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 130]


def test_help_lists_every_command_without_importing_one():
    code = (
        "import sys\nfrom vigie.interfaces.cli.app import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted(m for m in ('django', 'psycopg', 'pydantic', 'vigie.interfaces.cli.up') if m in sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], env=child_environment(), capture_output=True, text=True, check=True
    )
    assert all(f"  {each.name} " in answer.stdout and each.help in answer.stdout for each in COMMANDS)
    assert answer.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("each", COMMANDS, ids=lambda each: each.name)
def test_every_row_leads_to_a_command(each):
    module, _, attribute = each.place.partition(":")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_a_misspelt_command_is_a_usage_error_with_a_suggestion(capsys):
    assert run("dwon") == Exit.USAGE
    assert "'down'" in capsys.readouterr().err


def test_the_version_is_data(capsys):
    assert run("--version") == Exit.OK
    assert capsys.readouterr().out.startswith("vigie ")


def test_a_setup_problem_is_told_as_what_safe_and_remedy(monkeypatch, capsys):
    def fails() -> None:
        raise SetupProblem("It broke.", safe="Nothing was lost.", remedy="Mend it.")

    row(monkeypatch, fails)
    assert run("try") == Exit.FAILURE
    assert capsys.readouterr() == ("", "It broke.\nNothing was lost.\nMend it.\n")


def test_a_database_that_does_not_answer_is_a_network_failure(monkeypatch, capsys):
    def fails() -> None:
        raise psycopg.OperationalError("no such socket")

    row(monkeypatch, fails)
    assert run("try") == Exit.NETWORK
    assert "vigie up" in capsys.readouterr().err


def test_a_refusal_of_the_kernel_ends_with_its_own_code(monkeypatch, capsys):
    from vigie.kernel.errors import NotFound

    def fails() -> None:
        raise NotFound("no case 12")

    row(monkeypatch, fails)
    assert run("try") == Exit.NOT_FOUND
    assert "no case 12" in capsys.readouterr().err


def test_a_mistake_of_ours_is_not_hidden(monkeypatch):
    def fails() -> None:
        raise ZeroDivisionError

    row(monkeypatch, fails)
    with pytest.raises(ZeroDivisionError):
        main(["try"])


def test_an_interruption_ends_with_130(monkeypatch):
    def interrupted() -> None:
        raise KeyboardInterrupt

    row(monkeypatch, interrupted)
    assert run("try") == Exit.INTERRUPTED


def test_a_row_may_lead_to_a_group(monkeypatch, capsys):
    group = typer.Typer()

    @group.command("open")
    def open_case() -> None:
        typer.echo("opened")

    row(monkeypatch, group)
    assert run("try", "open") == Exit.OK
    assert capsys.readouterr().out == "opened\n"


def test_a_command_that_succeeds_ends_with_0(monkeypatch):
    row(monkeypatch, lambda: None)
    assert run("try") == Exit.OK


def test_no_command_leaves_a_core_dump():
    code = (
        "import resource\nfrom vigie.interfaces.cli.app import main\n"
        "try:\n    main(['--version'])\n"
        "except SystemExit:\n    print(resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=child_environment(), capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "(0, 0)", done.stderr
