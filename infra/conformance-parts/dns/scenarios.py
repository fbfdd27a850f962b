"""What is tried with each official client against the fakes. A scenario that does not hold raises AssertionError."""

from adapters import Cloudflare, CloudDNS, Refused, Route53

ODD = b'quote " backslash \\ semicolon ; tab\t one\x01 high\xff\xc3\xa9 end'
LONG = b"v=DKIM1; k=rsa; p=" + bytes(65 + i % 26 for i in range(392))


def refusal(function, *arguments, **more):
    """The kind of refusal that a call ends with; `ok` for none."""
    try:
        function(*arguments, **more)
    except Refused as error:
        return error.kind
    return "ok"


def same(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


class World:
    """One service with a fresh zone for each scenario."""

    def __init__(self, fakes, kind, number):
        self.fakes, self.kind = fakes, kind
        self.zone_name = f"s{number}-{kind.name}.example"
        self.ticket = fakes.zone(kind.name, self.zone_name)
        self.zone = self.ticket["id"]
        self.client = kind(fakes)

    def name(self, label):
        return f"{label}.{self.zone_name}"


def zones_are_listed_through_all_pages(w):
    names = [f"page{i}.{w.zone_name}" for i in range(7)]
    for name in names:
        w.fakes.zone(w.kind.name, name)
    listed = w.client.zones()
    same([n for n in listed if n.endswith(w.zone_name)].count(w.zone_name), 1)
    same(set(names) - set(listed), set())
    same(len(listed), len(set(listed)))


def records_are_listed_through_all_pages(w):
    if w.kind is CloudDNS:
        for i in range(130):
            w.client.create(w.zone, w.name(f"r{i:03d}"), "TXT", [b"x"])
        found = list(w.client.zone(w.zone).list_resource_record_sets())
        same(len([s for s in found if s.record_type == "TXT"]), 130)
    elif w.kind is Route53:
        sets = [w.client.set(w.name(f"r{i:03d}"), "TXT", [b"x"], 300) for i in range(310)]
        w.client.apply(w.zone, *[("CREATE", s) for s in sets])
        pages = w.client.client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=w.zone)
        same(sum(s["Type"] == "TXT" for page in pages for s in page["ResourceRecordSets"]), 310)
    else:
        for i in range(7):
            w.client.create(w.zone, w.zone_name, "TXT", [b"x%d" % i])
        same(len(w.client.read(w.zone, w.zone_name, "TXT")), 7)


def a_text_is_created_and_served(w):
    w.client.create(w.zone, w.name("_dmarc"), "TXT", [b"v=DMARC1; p=none"])
    same(w.client.read(w.zone, w.name("_dmarc"), "TXT"), [b"v=DMARC1; p=none"])
    same(w.fakes.ask(w.name("_dmarc"), "TXT"), [b"v=DMARC1; p=none"])


def a_long_text_is_divided_and_served_whole(w):
    w.client.create(w.zone, w.name("k._domainkey"), "TXT", [LONG])
    same(w.client.read(w.zone, w.name("k._domainkey"), "TXT"), [LONG])
    same(w.fakes.ask(w.name("k._domainkey"), "TXT"), [LONG])


def odd_octets_survive(w):
    w.client.create(w.zone, w.name("odd"), "TXT", [ODD])
    same(w.client.read(w.zone, w.name("odd"), "TXT"), [ODD])
    same(w.fakes.ask(w.name("odd"), "TXT"), [ODD])


def one_of_several_values_is_replaced(w):
    w.client.create(w.zone, w.zone_name, "TXT", [b"v=spf1 ~all", b"foreign=1"])
    w.client.replace(w.zone, w.zone_name, "TXT", b"v=spf1 ~all", b"v=spf1 include:x.test ~all")
    wanted = [b"foreign=1", b"v=spf1 include:x.test ~all"]
    same(w.client.read(w.zone, w.zone_name, "TXT"), wanted)
    same(w.fakes.ask(w.zone_name, "TXT"), wanted)


def what_is_deleted_is_gone(w):
    w.client.create(w.zone, w.name("gone"), "TXT", [b"soon"])
    w.client.delete(w.zone, w.name("gone"), "TXT")
    same(w.client.read(w.zone, w.name("gone"), "TXT"), [])
    same(w.fakes.ask(w.name("gone"), "TXT"), "NXDOMAIN")


def a_mail_host_of_priority_0_and_a_null_one(w):
    dot = "" if w.kind is Cloudflare else "."
    w.client.create(w.zone, w.name("mail"), "MX", [f"0 mx.example.net{dot}"])
    same(w.client.read(w.zone, w.name("mail"), "MX"), [f"0 mx.example.net{dot}"])
    same(w.fakes.ask(w.name("mail"), "MX"), ["0 mx.example.net."])
    w.client.create(w.zone, w.name("none"), "MX", ["0 ."])
    same(w.fakes.ask(w.name("none"), "MX"), ["0 ."])


def a_stale_write_is_refused(w):
    w.client.create(w.zone, w.name("stale"), "TXT", [b"first"])
    kind = refusal(w.client.stale, w.zone, w.name("stale"), "TXT", b"first", b"second")
    same(kind, "gone" if w.kind is Cloudflare else "stale")
    served = w.fakes.ask(w.name("stale"), "TXT")
    same(served, "NXDOMAIN" if w.kind is Cloudflare else [b"first changed"])


def a_writer_in_between_is_noticed(w):
    w.client.create(w.zone, w.name("race"), "TXT", [b"first"])
    dot = "." if w.kind is CloudDNS else ""
    w.fakes.control("POST", "/edits", {
        "service": w.kind.name, "zone": w.zone, "before_next_change": True,
        "records": {"name": w.name("race") + dot, "type": "TXT", "ttl": 300, "values": ['"theirs"']}})
    kind = refusal(w.client.replace, w.zone, w.name("race"), "TXT", b"first", b"ours")
    same(kind, "gone" if w.kind is Cloudflare else "stale")
    same(w.fakes.ask(w.name("race"), "TXT"), [b"theirs"])


def a_change_whose_answer_was_lost_is_there(w):
    w.fakes.behave(w.kind.name, lose_next=1)
    same(refusal(w.client.create, w.zone, w.name("lost"), "TXT", [b"x"]), "failed")
    same(w.fakes.ask(w.name("lost"), "TXT"), [b"x"])
    same(refusal(w.client.create, w.zone, w.name("lost"), "TXT", [b"x"]), "exists")


def a_duplicate_is_refused(w):
    w.client.create(w.zone, w.name("twice"), "TXT", [b"once"])
    same(refusal(w.client.create, w.zone, w.name("twice"), "TXT", [b"once"]), "exists")


def an_alias_beside_other_records_is_refused(w):
    dot = "" if w.kind is Cloudflare else "."
    w.client.create(w.zone, w.name("a"), "TXT", [b"here"])
    same(refusal(w.client.create, w.zone, w.name("a"), "CNAME", [f"b.example.net{dot}"]), "conflict")
    w.client.create(w.zone, w.name("c"), "CNAME", [f"b.example.net{dot}"])
    same(refusal(w.client.create, w.zone, w.name("c"), "TXT", [b"here"]), "conflict")


def a_name_outside_of_the_zone_is_refused(w):
    same(refusal(w.client.create, w.zone, "x.elsewhere.test", "TXT", [b"x"]), "outside")
    same(refusal(w.client.create, w.zone, "not" + w.zone_name, "TXT", [b"x"]), "outside")


def malformed_data_is_refused(w):
    same(refusal(w.client.create, w.zone, w.name("bad"), "A", ["300.1.1.1"]), "invalid")
    same(refusal(w.client.create, w.zone, w.name("bad"), "MX", ["10 192.0.2.1"]), "invalid")
    if w.kind is not Cloudflare:
        same(refusal(w.client.create, w.zone, w.name("bad"), "TXT", ['"' + "x" * 256 + '"']), "invalid")
    if w.kind is Route53:
        same(refusal(w.client.create, w.zone, w.name("bad"), "TXT", ["not quoted"]), "invalid")
    if w.kind is CloudDNS:
        # Not an error there: what is not quoted is divided at its spaces, and reads without them.
        w.client.create(w.zone, w.name("split"), "TXT", ["v=spf1 -all"])
        same(w.fakes.ask(w.name("split"), "TXT"), [b"v=spf1-all"])
    same(w.client.read(w.zone, w.name("bad"), "TXT"), [])


def a_refused_change_changes_nothing(w):
    w.client.create(w.zone, w.name("whole"), "TXT", [b"before"])
    if w.kind is Cloudflare:
        record = w.client.records(w.zone, w.name("whole"), "TXT")[0]
        posts = [w.client.fields(w.name("whole"), "A", "no address", 300)]
        kind = refusal(
            w.client.call, w.client.client.dns.records.batch, zone_id=w.zone, deletes=[{"id": record.id}], posts=posts)
    elif w.kind is Route53:
        before = w.client.sets(w.zone, w.name("whole"), "TXT")[0]
        bad = w.client.set(w.name("whole"), "A", ["no address"], 300)
        kind = refusal(w.client.apply, w.zone, ("DELETE", before), ("CREATE", bad))
    else:
        before = w.client.sets(w.zone, w.name("whole"), "TXT")
        bad = w.client.set(w.zone, w.name("whole"), "A", ["no address"], 300)
        kind = refusal(w.client.apply, w.zone, before, [bad])
    same(kind, "invalid")
    same(w.client.read(w.zone, w.name("whole"), "TXT"), [b"before"])
    same(w.fakes.ask(w.name("whole"), "TXT"), [b"before"])


def a_refused_call_is_made_again(w):
    patient = w.kind(w.fakes, retries=3)
    patient.zones()
    w.fakes.behave(w.kind.name, refuse_next=1)
    same(refusal(w.client.zones), "throttled")
    w.fakes.behave(w.kind.name, refuse_next=2, retry_after_seconds=1)
    patient.create(w.zone, w.name("patient"), "TXT", [b"at last"])
    w.fakes.behave(w.kind.name)
    same(w.fakes.ask(w.name("patient"), "TXT"), [b"at last"])


def a_zone_that_is_busy_is_asked_again(w):
    if w.kind is not Route53:
        return "has no such answer"
    w.fakes.behave(w.kind.name, busy_next=1)
    same(refusal(w.client.create, w.zone, w.name("busy"), "TXT", [b"x"]), "throttled")
    w.client.create(w.zone, w.name("busy"), "TXT", [b"x"])


def what_is_not_permitted_is_refused(w):
    reading = {"cloudflare": ["zone:read", "dns:read"], "route53": ["route53:ListHostedZones"],
               "clouddns": ["dns.managedZones.list"]}[w.kind.name]
    reader = w.kind(w.fakes, permissions=reading)
    assert w.zone_name in reader.zones()
    same(refusal(reader.create, w.zone, w.name("denied"), "TXT", [b"x"]), "denied")
    other = w.kind(w.fakes, zones=["0" * 32])
    same(refusal(other.create, w.zone, w.name("denied"), "TXT", [b"x"]), "denied")
    same(w.fakes.ask(w.name("denied"), "TXT"), "NXDOMAIN")


def a_wrong_secret_is_refused(w):
    if w.kind is Cloudflare:
        client = Cloudflare(w.fakes, token="0123456789abcdef0123456789abcdef01234567")
    elif w.kind is Route53:
        keys = w.fakes.credential("route53")
        client = Route53(w.fakes, keys={**keys, "secret_access_key": "x" * 40})
    else:
        mine, other = (w.fakes.credential("clouddns")["service_account"] for _ in range(2))
        client = CloudDNS(w.fakes, account={**mine, "private_key": other["private_key"]})
    same(refusal(client.zones), "unauthenticated")


def temporary_credentials_sign_their_token(w):
    if w.kind is not Route53:
        return "has none"
    keys = w.fakes.credential("route53", temporary=True)
    assert w.zone_name in Route53(w.fakes, keys=keys).zones()
    same(refusal(Route53(w.fakes, keys={**keys, "session_token": None}).zones), "unauthenticated")


def a_slow_change_is_pending_and_then_served(w):
    if w.kind is Cloudflare:
        w.fakes.behave(w.kind.name, delay_milliseconds=60_000)
        w.client.create(w.zone, w.name("slow"), "TXT", [b"here"])
        same(w.client.read(w.zone, w.name("slow"), "TXT"), [b"here"])
        same(w.fakes.ask(w.name("slow"), "TXT"), "NXDOMAIN")
        w.fakes.control("POST", "/propagate")
    else:
        w.fakes.behave(w.kind.name, pending_polls=2)
        w.client.create(w.zone, w.name("slow"), "TXT", [b"here"])
        same(w.client.read(w.zone, w.name("slow"), "TXT"), [b"here"])
        same(w.fakes.ask(w.name("slow"), "TXT"), "NXDOMAIN")
        same(w.client.wait(), 2)
    w.fakes.behave(w.kind.name)
    same(w.fakes.ask(w.name("slow"), "TXT"), [b"here"])


def a_text_that_is_not_quoted_reads_as_it_was_written(w):
    if w.kind is not Cloudflare:
        return "quotes always"
    w.client.create(w.zone, w.name("raw"), "TXT", ["v=spf1 -all"])
    same(w.client.records(w.zone, w.name("raw"), "TXT")[0].content, "v=spf1 -all")
    same(refusal(w.client.create, w.zone, w.name("raw"), "TXT", [b"v=spf1 -all"]), "exists")
    same(w.fakes.ask(w.name("raw"), "TXT"), [b"v=spf1 -all"])


def both_wordings_of_a_refused_batch_are_understood(w):
    if w.kind is not Route53:
        return "has one"
    w.client.create(w.zone, w.name("words"), "TXT", [b"x"])
    for root in ("error_response", "invalid_change_batch"):
        w.fakes.behave("route53", error_root=root)
        same(refusal(w.client.create, w.zone, w.name("words"), "TXT", [b"x"]), "exists")
    w.fakes.behave("route53")


ALL = [f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == __name__
       and f.__name__ not in ("refusal", "same", "World")]
