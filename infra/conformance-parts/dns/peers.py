"""One script of Route 53 calls against our fake and two fakes of others, step by step.

ministack is asked about the meaning of changes, moto (with its IAM on) about signatures. Where one of them is known to
accept what Route 53 refuses, the difference is in KNOWN with its reason; any other difference fails.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import boto3
from adapters import Refused, Route53
from fakes import Fakes

ZONE = "peers.example"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})

NO_DATA_CHECKS = "does not look at the data of records"
JOURNAL = "compares with a journal of its own and words it otherwise"
KNOWN = {
    ("ministack", "a text without quotation marks"): ("ok", NO_DATA_CHECKS),
    ("ministack", "a string of 256 octets"): ("ok", NO_DATA_CHECKS),
    ("ministack", "one value twice"): ("ok", NO_DATA_CHECKS),
    ("ministack", "an address that is none"): ("ok", NO_DATA_CHECKS),
    ("ministack", "an alias beside a text"): ("ok", "does not look at other sets of the name"),
    ("ministack", "an alias at the zone's name"): ("ok", "does not look at other sets of the name"),
    ("ministack", "a name of another zone"): ("ok", "does not compare names with the zone's"),
    ("ministack", "a wrong secret"): ("ok", "checks no signature"),
    ("ministack", "an unknown key"): ("ok", "checks no signature"),
    ("moto", "create what is there"): ("ok", "makes a second set of the same name and type"),
    ("moto", "replace with stale values"): ("ok", "accepts the write, and another's is lost"),
    ("moto", "delete what is not there"): ("invalid", JOURNAL),
    ("moto", "delete with another lifetime"): ("invalid", JOURNAL),
    ("moto", "delete them in another order"): ("invalid", JOURNAL),
    ("moto", "a text without quotation marks"): ("ok", NO_DATA_CHECKS),
    ("moto", "a string of 256 octets"): ("ok", NO_DATA_CHECKS),
    ("moto", "one value twice"): ("ok", NO_DATA_CHECKS),
    ("moto", "an address that is none"): ("ok", NO_DATA_CHECKS),
    ("moto", "an alias beside a text"): ("ok", "does not look at other sets of the name"),
    ("moto", "an alias at the zone's name"): ("ok", "does not look at other sets of the name"),
    ("moto", "a change is pending and then in sync"): ("0 pending", "is in sync at once"),
}


class Peer:
    """A place to send the script to: an endpoint, good keys, and a zone."""

    def __init__(self, name, endpoint, keys, zone=None, begin_checks=lambda: None):
        self.name, self.endpoint, self.keys, self.begin_checks = name, endpoint, keys, begin_checks
        self.client = Route53(None, endpoint=endpoint, keys=keys)
        self.zone = zone or self.client.client.create_hosted_zone(
            Name=ZONE, CallerReference=str(time.time()))["HostedZone"]["Id"].split("/")[-1]


def steps(peer):
    """Each step with what came of it."""
    client, zone = peer.client, peer.zone

    def outcome(function, *arguments):
        try:
            result = function(*arguments)
            return result if isinstance(result, str) else "ok"
        except Refused as error:
            return error.kind

    def text(label, *values, ttl=300):
        return client.set(f"{label}.{ZONE}", "TXT", list(values), ttl)

    def apply(*changes):
        return outcome(lambda: client.apply(zone, *changes))

    def read(label):
        return repr(client.read(zone, f"{label}.{ZONE}", "TXT"))

    yield "create", apply(("CREATE", text("a", b"one")))
    client.apply(zone, ("CREATE", text("there", b"one")))
    yield "create what is there", apply(("CREATE", text("there", b"one")))
    yield "replace with the values that are there", apply(("DELETE", text("a", b"one")), ("CREATE", text("a", b"two")))
    yield "what is read then", read("a")
    yield "replace with stale values", apply(("DELETE", text("a", b"one")), ("CREATE", text("a", b"three")))
    yield "delete what is not there", apply(("DELETE", text("nothing", b"one")))
    client.apply(zone, ("CREATE", text("ttl", b"one")))
    yield "delete with another lifetime", apply(("DELETE", text("ttl", b"one", ttl=60)))
    yield "upsert", apply(("UPSERT", text("u", b"one")))
    yield "upsert again", apply(("UPSERT", text("u", b"two")))
    yield "what is read then (upsert)", read("u")
    yield "delete", apply(("DELETE", text("u", b"two")))
    yield "what is read then (delete)", read("u")
    yield "several values", apply(("CREATE", text("many", b"a", b"b", b"c")))
    yield "delete them in another order", apply(("DELETE", text("many", b"c", b"a", b"b")))
    yield "odd octets", apply(("CREATE", text("odd", b'\x01"\\\xff')))
    yield "what is read then (odd)", read("odd")
    yield "a text without quotation marks", apply(("CREATE", text("raw", "raw")))
    yield "a string of 256 octets", apply(("CREATE", text("long", '"' + "x" * 256 + '"')))
    yield "one value twice", apply(("CREATE", text("twice", b"x", b"x")))
    yield "an address that is none", apply(("CREATE", client.set(f"bad.{ZONE}", "A", ["300.1.1.1"], 300)))
    yield "an alias beside a text", apply(("CREATE", client.set(f"ttl.{ZONE}", "CNAME", ["x.example.net."], 300)))
    yield "an alias at the zone's name", apply(("CREATE", client.set(ZONE, "CNAME", ["x.example.net."], 300)))
    yield "a name of another zone", apply(("CREATE", client.set("x.elsewhere.test", "TXT", [b"x"], 300)))
    client.apply(zone, ("CREATE", text("slow", b"one")))
    yield "a change is pending and then in sync", f"{client.wait()} pending"
    # moto takes every signature until then; afterwards it refuses every GET, so that it is asked by changes.
    peer.begin_checks()
    yield "a right signature", apply(("CREATE", text("signed", b"one")))
    wrong = Route53(None, endpoint=peer.endpoint, keys={**peer.keys, "secret_access_key": "x" * 40})
    yield "a wrong secret", outcome(lambda: wrong.apply(zone, ("CREATE", text("wrong", b"one"))))
    unknown = Route53(None, endpoint=peer.endpoint, keys={**peer.keys, "access_key_id": "AKIAIOSFODNN7EXAMPLE"})
    yield "an unknown key", outcome(lambda: unknown.apply(zone, ("CREATE", text("unknown", b"one"))))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, port, log, **environment):
    process = subprocess.Popen(
        command, stdout=open(log, "w"), stderr=subprocess.STDOUT, env={**os.environ, **environment})
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        if process.poll() is not None:
            break
        time.sleep(0.1)
    process.kill()
    raise SystemExit(f"{command[0]} did not start: see {log}")


def moto_keys(endpoint):
    """An administrator of moto's."""
    iam = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="x",
                       aws_secret_access_key="x")
    iam.create_user(UserName="admin")
    made = iam.create_access_key(UserName="admin")["AccessKey"]
    policy = iam.create_policy(PolicyName="all", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="admin", PolicyArn=policy)
    return {"access_key_id": made["AccessKeyId"], "secret_access_key": made["SecretAccessKey"]}


def begin_moto_checks(endpoint):
    """From now on moto checks keys, signatures and policies."""
    request = urllib.request.Request(
        endpoint + "/moto-api/reset-auth", data=b"0", method="POST", headers={"Content-Type": "text/plain"})
    urllib.request.urlopen(request).read()


def main(program, state):
    folder = os.path.dirname(sys.executable)
    processes = []
    try:
        with Fakes(program) as fakes:
            ports = free_port(), free_port()
            processes.append(start(
                [folder + "/ministack"], ports[0], state + "/ministack.log", BIND_HOST="127.0.0.1",
                GATEWAY_PORT=str(ports[0])))
            processes.append(start(
                [folder + "/moto_server", "-H", "127.0.0.1", "-p", str(ports[1])], ports[1], state + "/moto.log"))
            fakes.behave("route53", pending_polls=1)
            any_key = {"access_key_id": "AKIAIOSFODNN7EXAMPL2", "secret_access_key": "x" * 40}
            endpoints = [f"http://127.0.0.1:{port}" for port in ports]
            peers = [
                Peer("ours", fakes.addresses["route53"], fakes.credential("route53"),
                     fakes.zone("route53", ZONE)["id"]),
                Peer("ministack", endpoints[0], any_key), Peer("moto", endpoints[1], moto_keys(endpoints[1]),
                     begin_checks=lambda: begin_moto_checks(endpoints[1])),
            ]
            return compare([dict(steps(peer)) for peer in peers], [peer.name for peer in peers])
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def compare(results, names):
    width = max(len(step) for step in results[0])
    print("\n" + " " * width, *[f"{name:>16}" for name in names])
    used, failed = {}, 0
    for step, ours in results[0].items():
        cells = []
        for name, result in zip(names, results):
            got = result[step]
            known = KNOWN.get((name, step))
            mark = ""
            if got != ours:
                mark = " *" if known and known[0] == got else " FAIL"
                failed += mark == " FAIL"
                if mark == " *":
                    used[name, step] = known[1]
            cells.append(f"{got + mark:>16}")
        print(f"{step:<{width}}", *cells)
    print("\n* known differences:")
    for name in names[1:]:
        for reason in sorted({r for (n, _), r in used.items() if n == name}):
            print(f"  {name} {reason}: " + ", ".join(s for (n, s), r in used.items() if (n, r) == (name, reason)))
    print(f"\n{len(results[0])} steps, {failed} unexplained differences")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:]) else 0)
