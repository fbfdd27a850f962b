"""The three official clients behind one small interface, so that one list of scenarios drives them all.

Values of TXT records are octets; those of other types are texts such as `10 mx.example.com.`.
"""

import json
import time

KINDS = [
    "exists", "stale", "gone", "conflict", "invalid", "outside", "throttled", "denied", "unauthenticated", "failed",
]


class Refused(Exception):
    """A refusal, by what a caller would do about it (one of KINDS), with what the service said."""

    def __init__(self, kind, said):
        super().__init__(f"{kind}: {said}")
        self.kind = kind


def pieces(octets):
    return [octets[i : i + 255] for i in range(0, len(octets), 255)] or [b""]


def quoted(octets, base):
    """Octets as quoted strings with escapes of three digits in this base."""
    texts = []
    for piece in pieces(octets):
        text = ""
        for octet in piece:
            if octet in b'"\\':
                text += "\\" + chr(octet)
            elif 32 <= octet < 127:
                text += chr(octet)
            else:
                text += "\\" + (f"{octet:03o}" if base == 8 else f"{octet:03d}")
        texts.append(f'"{text}"')
    return " ".join(texts)


def unquoted(text, base):
    """The octets of all strings of a value, joined."""
    octets, inside, i = bytearray(), False, 0
    raw = text.encode()
    while i < len(raw):
        if raw[i : i + 1] == b'"':
            inside = not inside
        elif inside and raw[i : i + 1] == b"\\":
            if raw[i + 1 : i + 2].isdigit():
                octets.append(int(raw[i + 1 : i + 4], base))
                i += 3
            else:
                i += 1
                octets.append(raw[i])
        elif inside:
            octets.append(raw[i])
        i += 1
    return bytes(octets)


class Cloudflare:
    name = "cloudflare"

    def __init__(self, fakes, retries=0, token=None, **credential):
        import cloudflare

        self.sdk = cloudflare
        self.fakes = fakes
        token = token or fakes.credential(self.name, **credential)["token"]
        self.client = cloudflare.Cloudflare(
            api_token=token, base_url=fakes.addresses["cloudflare"], max_retries=retries)

    def call(self, function, *arguments, **more):
        try:
            return function(*arguments, **more)
        except self.sdk.APIStatusError as error:
            codes = [e["code"] for e in error.body["errors"]] if isinstance(error.body, dict) else []
            kind = "failed" if error.status_code >= 500 else "invalid"
            for codes_of, name in (
                ((81057, 81058), "exists"), ((81044,), "gone"), ((81053, 81054), "conflict"), ((9000,), "outside"),
                ((971,), "throttled"), ((10000, 9109), "denied"), ((1000, 6003), "unauthenticated"),
            ):
                if set(codes) & set(codes_of):
                    kind = name
            raise Refused(kind, f"{error.status_code} {error.body}") from None

    def zones(self):
        return [z.name for z in self.call(lambda: list(self.client.zones.list(per_page=5)))]

    def records(self, zone, name, kind):
        return self.call(
            lambda: list(self.client.dns.records.list(zone_id=zone, type=kind, name={"exact": name}, per_page=2)))

    def read(self, zone, name, kind):
        found = self.records(zone, name, kind)
        if kind == "TXT":
            return sorted(
                unquoted(r.content, 10) if r.content[:1] == '"' == r.content[-1:] else r.content.encode() for r in found)
        if kind == "MX":
            return sorted(f"{int(r.priority)} {r.content}" for r in found)
        return sorted(r.content for r in found)

    def fields(self, name, kind, value, ttl):
        fields = {"name": name, "type": kind, "ttl": ttl}
        if kind == "TXT":
            fields["content"] = value if isinstance(value, str) else quoted(value, 10)
        elif kind == "MX":
            priority, fields["content"] = value.split()
            fields["priority"] = int(priority)
        else:
            fields["content"] = value
        return fields

    def create(self, zone, name, kind, values, ttl=300):
        for value in values:
            self.call(self.client.dns.records.create, zone_id=zone, **self.fields(name, kind, value, ttl))

    def replace(self, zone, name, kind, old, new, ttl=300):
        """Touches the one record that holds `old`."""
        for record in self.records(zone, name, kind):
            if unquoted(record.content, 10) == old:
                fields = self.fields(name, kind, new, ttl)
                return self.call(self.client.dns.records.edit, record.id, zone_id=zone, **fields)
        raise Refused("gone", "not among the records")

    def delete(self, zone, name, kind):
        for record in self.records(zone, name, kind):
            self.call(self.client.dns.records.delete, record.id, zone_id=zone)

    def stale(self, zone, name, kind, old, new):
        """Another writer deletes the record between our reading and our writing."""
        record = self.records(zone, name, kind)[0]
        self.call(self.client.dns.records.delete, record.id, zone_id=zone)
        fields = self.fields(name, kind, new, 300)
        self.call(self.client.dns.records.edit, record.id, zone_id=zone, **fields)

    def wait(self, limit=10):
        return None


class Route53:
    name = "route53"

    def __init__(self, fakes, retries=0, endpoint=None, keys=None, **credential):
        import boto3
        import botocore.config
        import botocore.exceptions

        self.errors = botocore.exceptions
        keys = keys or fakes.credential(self.name, **credential)
        self.client = boto3.client(
            "route53", endpoint_url=endpoint or fakes.addresses["route53"], region_name="us-east-1",
            aws_access_key_id=keys["access_key_id"], aws_secret_access_key=keys["secret_access_key"],
            aws_session_token=keys.get("session_token"),
            config=botocore.config.Config(retries={"total_max_attempts": retries + 1, "mode": "standard"}))
        self.change = None

    def call(self, function, **arguments):
        try:
            return function(**arguments)
        except self.errors.ClientError as error:
            # A refused batch may come under a root of its own, of which botocore reads nothing but the texts.
            code, said = error.response["Error"]["Code"], str(error) + str(error.response.get("Messages", ""))
            kind = {
                "Throttling": "throttled", "PriorRequestNotComplete": "throttled", "AccessDenied": "denied",
                "InternalFailure": "failed", "SignatureDoesNotMatch": "unauthenticated", "InvalidClientTokenId": "unauthenticated",
            }.get(code, "invalid")
            if not code and error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
                kind = "unauthenticated"
            for text, name in (
                ("do not match the current values", "stale"), ("was not found", "gone"),
                ("not permitted in zone", "outside"), ("conflicting RRSet", "conflict"),
                ("conflicts with other records", "conflict"), ("already exists", "exists"),
            ):
                if kind == "invalid" and text in said:
                    kind = name
            raise Refused(kind, said) from None

    def zones(self):
        pages = self.client.get_paginator("list_hosted_zones").paginate(PaginationConfig={"PageSize": 3})
        return [z["Name"].rstrip(".") for page in self.call(lambda: list(pages)) for z in page["HostedZones"]]

    def sets(self, zone, name, kind):
        found = self.call(
            self.client.list_resource_record_sets, HostedZoneId=zone, StartRecordName=name, StartRecordType=kind)
        return [s for s in found["ResourceRecordSets"] if s["Name"] == name + "." and s["Type"] == kind]

    def read(self, zone, name, kind):
        values = [r["Value"] for s in self.sets(zone, name, kind) for r in s["ResourceRecords"]]
        return sorted(unquoted(v, 8) if kind == "TXT" else v for v in values)

    def set(self, name, kind, values, ttl):
        texts = [quoted(v, 8) if isinstance(v, bytes) else v for v in values]
        return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": t} for t in texts]}

    def apply(self, zone, *changes):
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": s} for action, s in changes]}
        answer = self.call(self.client.change_resource_record_sets, HostedZoneId=zone, ChangeBatch=batch)
        self.change = answer["ChangeInfo"]["Id"]

    def create(self, zone, name, kind, values, ttl=300):
        self.apply(zone, ("CREATE", self.set(name, kind, values, ttl)))

    def replace(self, zone, name, kind, old, new, ttl=300):
        before = self.sets(zone, name, kind)[0]
        values = [r["Value"] for r in before["ResourceRecords"]]
        texts = [quoted(new, 8) if unquoted(v, 8) == old else v for v in values]
        self.apply(zone, ("DELETE", before), ("CREATE", self.set(name, kind, texts, ttl)))

    def delete(self, zone, name, kind):
        for before in self.sets(zone, name, kind):
            self.apply(zone, ("DELETE", before))

    def stale(self, zone, name, kind, old, new):
        """Another writer changes the set between our reading and our writing."""
        before = self.sets(zone, name, kind)[0]
        self.replace(zone, name, kind, old, old + b" changed")
        self.apply(zone, ("DELETE", before), ("CREATE", self.set(name, kind, [new], 300)))

    def wait(self, limit=10):
        """How many answers said PENDING."""
        for count in range(limit):
            if self.call(self.client.get_change, Id=self.change)["ChangeInfo"]["Status"] == "INSYNC":
                return count
            time.sleep(0.05)
        raise AssertionError("the change never got in sync")


class CloudDNS:
    name = "clouddns"

    def __init__(self, fakes, retries=0, account=None, **credential):
        import google.api_core.exceptions
        import google.auth.exceptions
        import google.cloud.dns
        from google.oauth2 import service_account

        self.errors, self.auth_errors = google.api_core.exceptions, google.auth.exceptions
        account = account or fakes.credential(self.name, **credential)["service_account"]
        credentials = service_account.Credentials.from_service_account_info(
            account, scopes=["https://www.googleapis.com/auth/ndev.clouddns.readwrite"])
        self.client = google.cloud.dns.Client(
            project=account["project_id"], credentials=credentials,
            client_options={"api_endpoint": fakes.addresses["clouddns"]})
        self.retries, self.changes = retries, None

    def call(self, function, *arguments, **more):
        for attempt in range(self.retries + 1):
            try:
                return function(*arguments, **more)
            except self.auth_errors.RefreshError as error:
                raise Refused("unauthenticated", str(error)) from None
            except self.errors.GoogleAPICallError as error:
                reason = (error.errors or [{}])[0].get("reason", "")
                kind = {
                    "alreadyExists": "exists", "conditionNotMet": "stale", "notFound": "gone",
                    "cnameResourceRecordSetConflict": "conflict", "rateLimitExceeded": "throttled", "backendError": "failed",
                    "forbidden": "denied", "authError": "unauthenticated",
                }.get(reason, "invalid")
                if kind == "invalid" and ".name'" in str(error):
                    kind = "outside"
                if kind != "throttled" or attempt == self.retries:
                    raise Refused(kind, str(error)) from None

    def zones(self):
        names, token = [], None
        while True:
            page = self.client.list_zones(max_results=3, page_token=token)
            names += [z.dns_name.rstrip(".") for z in self.call(lambda: list(page))]
            token = page.next_page_token
            if not token:
                return names

    def zone(self, name):
        return self.client.zone(name)

    def sets(self, zone, name, kind):
        found = self.call(lambda: list(self.zone(zone).list_resource_record_sets()))
        return [s for s in found if s.name == name + "." and s.record_type == kind]

    def read(self, zone, name, kind):
        values = [v for s in self.sets(zone, name, kind) for v in s.rrdatas]
        return sorted(unquoted(v, 10) if kind == "TXT" else v for v in values)

    def apply(self, zone, deletions, additions):
        change = self.zone(zone).changes()
        for s in deletions:
            change.delete_record_set(s)
        for s in additions:
            change.add_record_set(s)
        self.call(change.create)
        self.changes = change

    def set(self, zone, name, kind, values, ttl):
        texts = [quoted(v, 10) if isinstance(v, bytes) else v for v in values]
        return self.zone(zone).resource_record_set(name + ".", kind, ttl, texts)

    def create(self, zone, name, kind, values, ttl=300):
        self.apply(zone, [], [self.set(zone, name, kind, values, ttl)])

    def replace(self, zone, name, kind, old, new, ttl=300):
        before = self.sets(zone, name, kind)[0]
        texts = [quoted(new, 10) if unquoted(v, 10) == old else v for v in before.rrdatas]
        self.apply(zone, [before], [self.set(zone, name, kind, texts, ttl)])

    def delete(self, zone, name, kind):
        for before in self.sets(zone, name, kind):
            self.apply(zone, [before], [])

    def stale(self, zone, name, kind, old, new):
        before = self.sets(zone, name, kind)[0]
        self.replace(zone, name, kind, old, old + b" changed")
        self.apply(zone, [before], [self.set(zone, name, kind, [new], 300)])

    def wait(self, limit=10):
        for count in range(limit):
            self.call(self.changes.reload)
            if self.changes.status == "done":
                return count
            time.sleep(0.05)
        raise AssertionError("the change was never done")


ALL = [Cloudflare, Route53, CloudDNS]


def as_json(value):
    return json.dumps(value, default=repr)
