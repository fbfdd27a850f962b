"""Prints a free port of the loopback address for each name given: `NAME number`."""

import contextlib
import socket
import sys

with contextlib.ExitStack() as held:
    for name in sys.argv[1:]:
        probe = held.enter_context(socket.socket())
        probe.bind(("127.0.0.1", 0))
        print(name, probe.getsockname()[1])
