"""Says which of the wanted ports (NAME=PORT...) are taken on the loopback address, and by whom where that can be seen.
Exits with 1 when any is."""

import glob
import os
import socket
import sys


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except PermissionError:
            sys.exit(f"dev: only root may listen on port {port}: choose others, for instance with --port-offset 10000")
        except OSError:
            return False
    return True


def listener_inodes(port):
    """The inodes of sockets that listen on a port, on any address."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as lines:
                rows = [line.split() for line in lines][1:]
        except OSError:
            continue
        listening = "0A"
        inodes |= {row[9] for row in rows if row[3] == listening and row[1].endswith(f":{port:04X}")}
    return inodes


def owner(port):
    """The process that listens, as text; empty when it is another user's."""
    wanted = {f"socket:[{inode}]" for inode in listener_inodes(port)}
    for link in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(link) not in wanted:
                continue
            process = link.split("/")[2]
            with open(f"/proc/{process}/cmdline", "rb") as file:
                command = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
            return f" by process {process} ({command[:100]})"
        except OSError:
            continue
    return ""


def main():
    taken = False
    seen = {}
    for wanted in sys.argv[1:]:
        name, _, text = wanted.partition("=")
        port = int(text)
        if port in seen:
            print(f"dev: {name} and {seen[port]} are both {port}", file=sys.stderr)
            taken = True
        elif not is_free(port):
            print(f"dev: port {port} ({name}) is taken{owner(port)}", file=sys.stderr)
            taken = True
        seen[port] = name
    if taken:
        sys.exit("dev: stop that, or choose other ports: infra/dev --port-offset 10000, or the variables named above")


main()
