import os
import socket
import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address

import pytest

from support.postgres import child_environment
from vigie.backends.processes import HomeLock, holder, require_free_port
from vigie.config.problems import SetupProblem

HOLDING = """
import sys
from pathlib import Path
from vigie.backends.processes import HomeLock
with HomeLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lock_file(tmp_path):
    return tmp_path / "lock"


@pytest.fixture
def other(lock_file):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(lock_file)],
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_system_on_the_same_home_is_refused_and_told_who_runs(lock_file, other):
    with (
        pytest.raises(SetupProblem, match=rf"already runs .* \(process {other.pid}\)") as caught,
        HomeLock(lock_file),
    ):
        pass
    assert "vigie down" in caught.value.remedy
    assert holder(lock_file) == other.pid


def test_a_killed_system_leaves_no_lock_behind(lock_file, other):
    other.kill()
    other.wait()
    assert holder(lock_file) is None
    with HomeLock(lock_file):
        assert lock_file.exists()
    assert holder(lock_file) is None


def test_the_lock_can_be_taken_again_after_it_was_given_back(lock_file):
    for _ in range(2):
        with HomeLock(lock_file):
            assert str(os.getpid()) in lock_file.read_text()
    assert lock_file.read_text() == ""


def test_a_home_nobody_ever_ran_has_no_holder(lock_file):
    assert holder(lock_file) is None


def test_a_holder_that_has_not_written_its_number_yet_is_unknown(lock_file, other):
    lock_file.write_text("")
    assert holder(lock_file) is None
    with pytest.raises(SetupProblem, match=r"already runs with the home folder \S+\.$"), HomeLock(lock_file):
        pass


@pytest.mark.parametrize("address", [IPv4Address("127.0.0.1"), IPv6Address("::1")])
def test_a_port_in_use_is_refused_before_anything_starts(address):
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family) as listener:
        try:
            listener.bind((str(address), 0))
        except OSError:
            pytest.skip(f"this machine has no {address}")
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(SetupProblem, match=f"Port {port} on {address} is in use"):
            require_free_port(address, port)
    require_free_port(address, port)


def test_a_port_shared_by_so_reuseport_counts_as_in_use():
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(SetupProblem, match="in use"):
            require_free_port(IPv4Address("127.0.0.1"), listener.getsockname()[1])


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(SetupProblem, match="cannot be used"):
        require_free_port(IPv4Address("192.0.2.1"), 8460)
