"""Sends mail through a running development environment by HTTP and SMTP, and checks everything that must come of it:
`demo.py FILE`, the file `env` that infra/dev wrote. Exits with 0 only when every check holds."""

import base64
import email
import email.headerregistry
import email.policy
import hashlib
import hmac
import json
import secrets
import shlex
import smtplib
import ssl
import sys
import time
from email.message import EmailMessage

import dkim_check
from api import API, APIError

WAIT_SECONDS = 30
BINARY = bytes(range(256)) * 64
NAME, RECIPIENT_NAME = "Zoë Müller – 発送", "Grüße, Jürgen"
TEXT = "Guten Tag.\n.a line that begins with a dot\n" + "x" * 600 + "\nÄÖÜ €\n"


class Failure(Exception):
    """What a check found wrong."""


# What a check may end with when the service is at fault, or not done yet.
EXPECTED_ERRORS = (
    Failure, dkim_check.DKIMError, APIError, KeyError, IndexError, TypeError, ValueError, OSError, smtplib.SMTPException)


def expect(holds, text):
    if not holds:
        raise Failure(text)


class Demo:
    def __init__(self, environment):
        self.env = environment
        self.run = secrets.token_hex(4)
        self.node = API(environment["DEV_NODE_URL"], bearer=environment["DEV_API_KEY"])
        self.portal = API(environment["DEV_CONTROL_URL"], bearer=environment["DEV_JWT"])
        self.catcher = API(environment["DEV_CATCHER_URL"])
        self.tenant = "/api/v1/dispatch/tenants/" + environment["DEV_TENANT_ID"]
        self.sender = "zoe@" + environment["DEV_SENDER_DOMAIN"]
        self.by_http, self.by_smtp, self.refused = (
            f"{word}-{self.run}@inbox.example" for word in ("http", "smtp", "reject"))
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.ids = {}
        self.rows = []

    # What is sent

    def register_webhook(self):
        """And wait until the node knows of it: its snapshot is newer, and the second has passed within which the
        service promises that it is."""
        before, promised = self.snapshot_version(), time.monotonic() + 1
        self.webhook = self.portal.post(f"{self.tenant}/webhooks", {
            "url": f"{self.env['DEV_CATCHER_URL']}/webhooks/demo-{self.run}",
            "events": ["sent", "delivered", "bounced"], "secret": self.secret})["data"]["id"]
        wait_for(
            "the node to learn of the webhook",
            lambda: time.monotonic() > promised and self.snapshot_version() > before)

    def snapshot_version(self):
        return API(self.env["DEV_NODE_METRICS_URL"]).get("/health").get("snapshot_version") or 0

    def send_by_http(self):
        answer = self.node.post("/api/v1/messages", {
            "from": f'"{NAME}" <{self.sender}>', "to": [f'"{RECIPIENT_NAME}" <{self.by_http}>'],
            "subject": f"Bestellung № {self.run}", "text": TEXT, "html": "<p>Guten Tag. <b>€</b></p>",
            "attachments": [{
                "filename": "Überblick.bin", "content_type": "application/octet-stream",
                "content": base64.b64encode(BINARY).decode()}],
            "tags": ["demo"]})
        expect(answer["id"].startswith("spl_"), f"the id is {answer['id']}")
        self.ids[self.by_http] = answer["id"][4:]
        return answer["id"]

    def send_by_smtp(self):
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"] = email.headerregistry.Address(NAME, addr_spec=self.sender)
        message["To"] = self.by_smtp
        message["Subject"] = f"SMTP № {self.run}"
        message.set_content(TEXT)
        trust = ssl.create_default_context(cafile=self.env["DEV_CA_FILE"])
        with smtplib.SMTP("localhost", int(self.env["DEV_SMTP_PORT"]), timeout=15) as client:
            client.starttls(context=trust)
            client.login(self.env["DEV_USERNAME"], self.env["DEV_PASSWORD"])
            client.mail(self.sender)
            client.rcpt(self.by_smtp)
            code, reply = client.data(message.as_bytes())
        expect(code == 250, f"the server answered {code} {reply.decode()}")
        self.ids[self.by_smtp] = reply.decode().rsplit(" ", 1)[1].replace("-", "")
        return f"{code} {reply.decode()}"

    def send_to_refuser(self):
        answer = self.node.post("/api/v1/messages", {
            "from": self.sender, "to": [self.refused], "subject": f"Nobody {self.run}", "text": "Is anybody there?"})
        self.ids[self.refused] = answer["id"][4:]
        return answer["id"]

    # What arrives

    def caught(self, recipient):
        found = self.catcher.get(f"/messages?to={recipient}")["messages"]
        expect(found, "nothing came to the catcher")
        expect(len(found) == 1, f"it came {len(found)} times")
        return found[0], self.catcher.raw("GET", f"/messages/{found[0]['n']}/raw")

    def check_http_message(self):
        envelope, raw = self.caught(self.by_http)
        expect(envelope.get("tls"), "it did not come by TLS")
        message = email.message_from_bytes(raw, policy=email.policy.default)
        body = message.get_body(("plain",))
        expect(lines(body.get_content()) == lines(TEXT), "the text was changed")
        files = list(message.iter_attachments())
        expect(len(files) == 1, f"it has {len(files)} attachments")
        expect(files[0].get_content() == BINARY, "the attachment was changed")
        expect(files[0].get_filename() == "Überblick.bin", f"the file is named {files[0].get_filename()}")
        return f"{envelope['size']} bytes, {envelope['tls']}, attachment of {len(BINARY)} bytes intact"

    def check_smtp_message(self):
        envelope, raw = self.caught(self.by_smtp)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        expect(lines(message.get_content()) == lines(TEXT), "the text was changed")
        expect(message["Subject"] == f"SMTP № {self.run}", f"the subject is {message['Subject']}")
        return f"{envelope['size']} bytes, {envelope.get('tls', 'no TLS')}"

    def check_names(self):
        for recipient, expected in (
                (self.by_http, f"Bestellung № {self.run}"), (self.by_smtp, f"SMTP № {self.run}")):
            message = email.message_from_bytes(self.caught(recipient)[1], policy=email.policy.default)
            sender = message["From"].addresses[0]
            expect(sender.display_name == NAME, f"the sender's name reads {sender.display_name}")
            expect(sender.addr_spec == self.sender, f"the sender's address reads {sender.addr_spec}")
            expect(message["Subject"] == expected, f"the subject reads {message['Subject']}")
            if recipient == self.by_http:
                name = message["To"].addresses[0].display_name
                expect(name == RECIPIENT_NAME, f"the recipient's name reads {name}")
        return f"{NAME} · {RECIPIENT_NAME}"

    def check_signatures(self):
        records = {}
        for domain in self.portal.get(f"{self.tenant}/domains")["data"]:
            for record in domain["dns_records"]:
                if "._domainkey." in record["host"]:
                    records[record["host"]] = record["value"]
        names = set()
        for recipient in (self.by_http, self.by_smtp):
            raw = self.caught(recipient)[1]
            names.update(dkim_check.verify(raw, records))
            try:
                dkim_check.verify(raw.replace(b"From:", b"From: x", 1), records)
            except dkim_check.DKIMError:
                continue
            raise Failure("a forged sender passes as well")
        return ", ".join(sorted(names))

    # What is told of it

    def logged(self, recipient):
        found = self.portal.get(f"{self.tenant}/emails?to={recipient}")["data"]
        expect(len(found) == 1, f"the log has {len(found)} messages to {recipient}")
        return found[0]

    def check_log(self):
        words = []
        for recipient, status in (
                (self.by_http, "delivered"), (self.by_smtp, "delivered"), (self.refused, "bounced")):
            item = self.logged(recipient)
            expect(item["status"] == status, f"the log says {item['status']} of {recipient}")
            expect(item["id"].replace("-", "") == self.ids[recipient], "the log has another id")
            words.append(item["status"])
        return ", ".join(words)

    def check_detail(self):
        detail = self.portal.get(f"{self.tenant}/emails/{self.logged(self.by_http)['id']}")["data"]
        expect(lines(detail["body"] or "") == lines(TEXT), "the opened body is another")
        expect([file["filename"] for file in detail["attachments"]] == ["Überblick.bin"], "the attachment is missing")
        kinds = [event["event"] for event in detail["events"]]
        expect("accepted" in kinds and "delivered" in kinds, f"the timeline is {kinds}")
        return "body opened; " + " → ".join(kinds)

    def check_bounce(self):
        detail = self.portal.get(f"{self.tenant}/emails/{self.logged(self.refused)['id']}")["data"]
        recipient = detail["recipients"][0]
        expect(recipient["response_code"] == 550, f"the reply is kept as {recipient['response_code']}")
        expect(detail["bounce_classification"], "it has no classification")
        return f"{recipient['response_code']} {recipient['response']} ({detail['bounce_classification']})"

    def check_state(self):
        """The ingestion API tells the sender the same."""
        words = []
        for recipient, status in ((self.by_http, "delivered"), (self.refused, "failed")):
            answer = self.node.get(f"/api/v1/messages/spl_{self.ids[recipient]}")
            expect(answer["status"] == status, f"it says {answer['status']} of {recipient}")
            words.append(answer["status"])
        return ", ".join(words)

    def webhooks(self):
        return self.catcher.get(f"/webhooks?name=demo-{self.run}")["webhooks"]

    def check_webhooks(self):
        told = sorted({(hook["event"], hook["recipient"]) for hook in map(body_of, self.webhooks())})
        wanted = sorted(
            [("sent", recipient) for recipient in (self.by_http, self.by_smtp, self.refused)]
            + [("delivered", self.by_http), ("delivered", self.by_smtp), ("bounced", self.refused)])
        missing = [f"{event} of {recipient}" for event, recipient in wanted if (event, recipient) not in told]
        expect(not missing, "missing: " + ", ".join(missing))
        extra = [f"{event} of {recipient}" for event, recipient in told if (event, recipient) not in wanted]
        expect(not extra, "not asked for: " + ", ".join(extra))
        return f"{len(told)}: 3 sent, 2 delivered, 1 bounced"

    def check_webhook_signatures(self):
        key = base64.b64decode(self.secret[len("whsec_"):])
        hooks = self.webhooks()
        expect(hooks, "no webhook came")
        for hook in hooks:
            headers = {header["name"].lower(): header["value"] for header in hook["headers"]}
            body = base64.b64decode(hook["body_base64"])
            expect(abs(time.time() - int(headers["webhook-timestamp"])) < 300, "the timestamp is not of now")
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            standard = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
            expect(f"v1,{standard}" in headers["webhook-signature"].split(), "webhook-signature is wrong")
            plain = hmac.digest(key, body, hashlib.sha256).hex()
            expect(headers["x-dispatch-signature"] == f"sha256={plain}", "X-Dispatch-Signature is wrong")
        return f"{len(hooks)} of {len(hooks)} valid, both kinds"

    # The order of it

    def attempt(self, title, check, patience=0):
        """Runs a check until it holds or the patience ends, and notes the outcome."""
        end = time.monotonic() + patience
        while True:
            try:
                return self.note(True, title, check() or "")
            except EXPECTED_ERRORS as error:
                if time.monotonic() < end:
                    progress(f"waiting up to {end - time.monotonic():.0f} s: {title}")
                    time.sleep(0.25)
                    continue
                text = str(error) if isinstance(error, (Failure, dkim_check.DKIMError, APIError)) else repr(error)
                return self.note(False, title, text)

    def note(self, holds, title, text):
        progress("")
        self.rows.append((holds, title, text))
        print(f" {'✔' if holds else '✘'} {title:<44} {text}", flush=True)
        return holds

    def play(self):
        print(f"Demonstration {self.run} at {self.env['DEV_NODE_URL']}\n")
        self.attempt("webhook registered, and the node knows of it", self.register_webhook)
        self.attempt("message accepted by HTTP", self.send_by_http)
        self.attempt("message accepted by SMTP (STARTTLS, AUTH)", self.send_by_smtp)
        self.attempt("message to a refusing recipient accepted", self.send_to_refuser)
        deadline = time.monotonic() + WAIT_SECONDS
        for title, check in (
                ("HTTP message arrived whole", self.check_http_message),
                ("SMTP message arrived whole", self.check_smtp_message),
                ("names and subjects decode", self.check_names),
                ("DKIM signatures fit the listed record", self.check_signatures),
                ("log says delivered, delivered, bounced", self.check_log),
                ("log opens the stored body", self.check_detail),
                ("bounce is classified, with the reply", self.check_bounce),
                ("ingestion API says the same", self.check_state),
                ("webhooks of sent, delivered, bounced", self.check_webhooks),
                ("webhook signatures are valid", self.check_webhook_signatures)):
            self.attempt(title, check, patience=max(0, deadline - time.monotonic()))
        self.clean_up()
        failed = sum(not row[0] for row in self.rows)
        print(f"\n{'All' if not failed else len(self.rows) - failed} of {len(self.rows)} checks hold."
              f" Look at {self.env['DEV_CATCHER_URL']}")
        return 1 if failed else 0

    def clean_up(self):
        """The endpoint is of this run only; the suppression of the refusing address is the product's own doing."""
        try:
            if hasattr(self, "webhook"):
                self.portal.delete(f"{self.tenant}/webhooks/{self.webhook}")
        except APIError as error:
            print(f"   (the webhook stays: {error})")


def body_of(hook):
    return json.loads(base64.b64decode(hook["body_base64"]))


def lines(text):
    return text.replace("\r\n", "\n").rstrip("\n").split("\n")


def wait_for(what, holds):
    end = time.monotonic() + 10
    while not holds():
        expect(time.monotonic() < end, f"waited 10 s for {what}")
        time.sleep(0.05)


def progress(text):
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)


def read_environment(path):
    with open(path) as file:
        return dict(word.split("=", 1) for word in shlex.split(file.read()))


if __name__ == "__main__":
    sys.exit(Demo(read_environment(sys.argv[1])).play())
