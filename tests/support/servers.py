"""A PostgreSQL server of one test's own, to be killed, restarted and inspected."""

from collections.abc import Iterator
from contextlib import contextmanager

from vigie.backends.postgres import Binaries, Cluster, Durability, prepare_cluster
from vigie.backends.processes import RunningChild, start_child
from vigie.config.home import Home, prepare_home, remove_socket_folder


@contextmanager
def running_cluster(
    home: Home, *, durability: Durability = Durability.NOTHING, binaries: Binaries | None = None
) -> Iterator[tuple[Cluster, RunningChild]]:
    """The home's server runs inside the block and is stopped after it."""
    prepare_home(home)
    cluster = prepare_cluster(home, durability=durability, binaries=binaries)
    running = start_child(cluster.child())
    try:
        running.wait_ready()
        yield cluster, running
    finally:
        running.stop()
        remove_socket_folder(home)
