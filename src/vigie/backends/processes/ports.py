"""Whether the web server's address is free."""

import errno
import socket
from ipaddress import IPv4Address, IPv6Address

from vigie.config.problems import SetupProblem


def require_free_port(address: IPv4Address | IPv6Address, port: int) -> None:
    """Nothing listens on this address and port.

    Checked by binding without SO_REUSEPORT: a second Granian starts beside the first on a port in use and says
    nothing (tried with 2.8.7). Raises SetupProblem when it is taken or may not be used.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections just closed do not count
        try:
            probe.bind((str(address), port))
            probe.listen(1)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            raise SetupProblem(
                f"Port {port} on {address} "
                + ("is in use by another program." if taken else f"cannot be used: {error.strerror}."),
                safe="Nothing was started and nothing was changed.",
                remedy="Stop the other program, or choose another VIGIE_PORT or VIGIE_ADDRESS.",
            ) from error
