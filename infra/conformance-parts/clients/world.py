"""The running system as the checks of a client see it.

A client's file is `NAME.py` in this folder with a function

    def checks(world):
        yield "a sentence of what holds", True or False, "what was found instead"

and nothing else is needed: `infra/conformance clients` starts a control plane, a node, PostgreSQL and a mail catcher,
then runs every file. `CLIENTS="curl_client smtp_client" infra/conformance clients --no-build` runs some. An exception
ends the file and counts as a failure; a check that waits does so by `world.until` or `world.caught`. Each file has a
`World` of its own; all share one system and one tenant, so use addresses and subjects of your own (`world.unique`).

    world.base_url        http://127.0.0.1:PORT of the node: every customer route, without a path
    world.tls_url         https://localhost:PORT of the node, whose certificate world.ca_file vouches for
    world.control_url     http://127.0.0.1:PORT of the control plane: the same routes
    world.api_key         dsp_live_…, every scope
    world.test_key        dsp_test_…, every scope; what it sends ends in the captured mail
    world.username, world.password      the credential for SMTP and HTTP Basic
    world.tenant_id, world.sender_domain, world.sender      sender is an address of sender_domain
    world.smtp_host, world.smtp_port (STARTTLS), world.smtps_port (TLS), world.ca_file
    world.work            a folder for files of this client

    world.unique("Report")        a text that nobody else uses, for subjects: "Report 5f2b8c1d"
    world.recipient("anna")       an address that nobody else uses: anna-5f2b8c1d@inbox.example. Its first word decides
                                  how the catcher answers: reject… 550, defer… 451, anything else 250
    world.caught(subject)         the mail with this subject (decoded) that the catcher got: an email.message.EmailMessage
                                  with `.envelope` (n, from, to, size, tls, smtp_utf8, client_name) and `.raw` (bytes);
                                  waits up to 30 s, else raises Missing
    world.caught_all(subject, 3)  three such mails, in the order of their arrival
    world.is_caught(subject)      whether one is there now
    world.until(function)         its first true value, asked again for up to 30 s; else raises Missing

    world.api(key=…)              JSON client of the node with api_key: .get(path), .post(path, {…}), .delete(path)
                                  (api.py of infra/dev-environment; APIError has .status, and the text of the answer)
    world.portal                  the same at the control plane as the tenant's owner
    world.tenant_path             /api/v1/dispatch/tenants/{id}, for world.portal
    world.synchronize()           waits until the node knows of what was changed at the control plane
    world.webhook(events)         registers an endpoint at the catcher: .name, .secret (whsec_…), .id, .url
    world.webhooks(name)          what came there: dicts with headers (names in lower case), body (bytes), number
"""

import base64
import email
import email.header
import email.policy
import pathlib
import secrets
import shlex
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "dev-environment"))

from api import API, APIError  # noqa: E402, F401

WAIT_SECONDS = 30


class Missing(Exception):
    """What was waited for did not come."""


class Webhook:
    """An endpoint at the catcher."""

    def __init__(self, name, url, secret, id):
        self.name, self.url, self.secret, self.id = name, url, secret, id


class World:
    def __init__(self, environment):
        self.environment = environment
        self.base_url = environment["DEV_NODE_URL"]
        self.tls_url = environment["DEV_NODE_TLS_URL"]
        self.control_url = environment["DEV_CONTROL_URL"]
        self.api_key = environment["DEV_API_KEY"]
        self.username, self.password = environment["DEV_USERNAME"], environment["DEV_PASSWORD"]
        self.tenant_id = environment["DEV_TENANT_ID"]
        self.tenant_path = f"/api/v1/dispatch/tenants/{self.tenant_id}"
        self.sender_domain = environment["DEV_SENDER_DOMAIN"]
        self.sender = f"sender@{self.sender_domain}"
        self.smtp_host, self.smtp_port = "localhost", int(environment["DEV_SMTP_PORT"])
        self.smtps_port = int(environment["DEV_SMTPS_PORT"])
        self.ca_file = environment["DEV_CA_FILE"]
        self.run = secrets.token_hex(4)
        self.work = pathlib.Path(self.ca_file).parent.parent / f"client-{self.run}"
        self.work.mkdir()
        self.portal = API(self.control_url, bearer=environment["DEV_JWT"])
        self.catcher = API(environment["DEV_CATCHER_URL"])
        self._test_key = None
        self._caught = {}

    @property
    def test_key(self):
        if self._test_key is None:
            made = self.portal.post(f"{self.tenant_path}/api-keys", {
                "name": "Conformance", "scopes": ["*"], "mode": "test", "rate_limit_per_minute": 100_000})
            self._test_key = made["data"]["key"]
            self.synchronize()
        return self._test_key

    def unique(self, text):
        return f"{text} {secrets.token_hex(4)}"

    def recipient(self, word="anna"):
        return f"{word}-{secrets.token_hex(4)}@inbox.example"

    def api(self, key=None, base_url=None):
        return API(base_url or self.base_url, bearer=key or self.api_key)

    # What came of it

    def until(self, function, seconds=WAIT_SECONDS, what="what was waited for"):
        end = time.monotonic() + seconds
        while True:
            found = function()
            if found:
                return found
            if time.monotonic() > end:
                raise Missing(f"{what} did not come within {seconds} s")
            time.sleep(0.1)

    def caught(self, subject, seconds=WAIT_SECONDS):
        return self.caught_all(subject, 1, seconds)[0]

    def caught_all(self, subject, count, seconds=WAIT_SECONDS):
        def enough():
            found = self._with_subject(subject)
            return found if len(found) >= count else None

        found = self.until(enough, seconds, f"mail number {count} with the subject {subject!r}")
        return [self._message(envelope) for envelope in found]

    def is_caught(self, subject):
        return bool(self._with_subject(subject))

    def _with_subject(self, subject):
        after = max(self._caught, default=0)
        for envelope in self.catcher.get(f"/messages?after={after}")["messages"]:
            self._caught[envelope["n"]] = envelope
        return [one for one in self._caught.values() if decoded(one["subject"]) == subject]

    def _message(self, envelope):
        raw = self.catcher.raw("GET", f"/messages/{envelope['n']}/raw")
        message = email.message_from_bytes(raw, policy=email.policy.default)
        message.envelope, message.raw = envelope, raw
        return message

    # The control plane

    def synchronize(self):
        """The node's snapshot is newer than now, and the second has passed within which it promises to be."""
        def version():
            health = API(self.environment["DEV_NODE_METRICS_URL"]).get("/health")
            return health.get("snapshot_version") or 0

        before, promised = version(), time.monotonic() + 1
        try:
            self.until(lambda: time.monotonic() > promised and version() > before, 5)
        except Missing:
            # It was there before we looked.
            pass

    def webhook(self, events):
        name, secret = f"clients-{secrets.token_hex(4)}", "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        url = f"{self.environment['DEV_CATCHER_URL']}/webhooks/{name}"
        made = self.portal.post(
            f"{self.tenant_path}/webhooks", {"url": url, "events": events, "secret": secret})
        self.synchronize()
        return Webhook(name, url, secret, made["data"]["id"])

    def webhooks(self, name):
        return [
            {
                "number": hook["n"], "body": base64.b64decode(hook["body_base64"]),
                "headers": {header["name"].lower(): header["value"] for header in hook["headers"]},
            }
            for hook in self.catcher.get(f"/webhooks?name={name}")["webhooks"]
        ]


def decoded(subject):
    """A header's value with its encoded words read (RFC 2047)."""
    try:
        return str(email.header.make_header(email.header.decode_header(subject)))
    except (ValueError, LookupError):
        return subject


def read_environment(path):
    with open(path) as file:
        return dict(word.split("=", 1) for word in shlex.split(file.read()))
