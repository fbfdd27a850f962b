"""Starts dns-fakes and talks to its control port; asks the name server what it serves."""

import json
import subprocess
import urllib.request

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype


class Fakes:
    """One running dns-fakes; ends with the `with` block."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        self.process = subprocess.Popen(
            [self.program, "--until-input-ends"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("dns-fakes did not start (is knot installed?)")
        self.addresses = json.loads(line)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def control(self, method, path, body=None):
        request = urllib.request.Request(
            self.addresses["control"] + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            text = response.read()
            return json.loads(text) if text else None

    def zone(self, service, name, records=(), **more):
        return self.control("POST", "/zones", {"service": service, "name": name, "records": list(records), **more})

    def credential(self, service, **more):
        return self.control("POST", "/credentials", {"service": service, **more})

    def behave(self, service, **behaviour):
        self.control("PUT", f"/behaviour/{service}", behaviour)

    def ask(self, name, kind):
        """The records of a set as sorted texts (TXT: the joined octets), or the name of the failure."""
        host, port = self.addresses["name_server"].split(":")
        query = dns.message.make_query(name, kind)
        answer, _ = dns.query.udp_with_fallback(query, host, port=int(port), timeout=5)
        if answer.rcode() != dns.rcode.NOERROR:
            return dns.rcode.to_text(answer.rcode())
        found = []
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.from_text(kind):
                found += [b"".join(r.strings) if kind == "TXT" else r.to_text() for r in rrset]
        return sorted(found) or "NODATA"
