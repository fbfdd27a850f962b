"""django-anymail's backend for Resend, by its two settings alone."""

import datetime
import json

import django
from django.conf import settings

if not settings.configured:
    settings.configure(USE_TZ=True, EMAIL_BACKEND="anymail.backends.resend.EmailBackend")
    django.setup()

from anymail.exceptions import AnymailAPIError  # noqa: E402
from anymail.message import AnymailMessage  # noqa: E402
from django.core.mail import get_connection  # noqa: E402


def checks(world):
    for name, url in [("the node", world.base_url), ("the control plane", world.control_url)]:
        connection = get_connection(
            "anymail.backends.resend.EmailBackend", api_key=world.api_key, api_url=f"{url}/api/v1/")
        yield from one_message(world, name, connection)
        yield from a_time(world, name, connection)
        yield from one_for_each(world, name, connection)
        yield from refusals(world, name, connection)


def message(world, connection, subject, **fields):
    return AnymailMessage(
        subject=subject, body="Schön", from_email=f"Jürgen Größe <{world.sender}>", connection=connection, **fields)


def one_message(world, name, connection):
    subject = world.unique("Grüße, Anymail")
    first, copy, hidden = world.recipient("anna"), world.recipient("bert"), world.recipient("carla")
    mail = message(
        world, connection, subject, to=[f'"Ünal, Anna" <{first}>'], cc=[copy], bcc=[hidden],
        reply_to=["Antwort <answer@example.org>"], headers={"X-Order": 17})
    mail.attach_alternative('<p>Schön <img src="cid:logo"></p>', "text/html")
    mail.attach("Übersicht.txt", "Inhalt: ä", "text/plain")
    mail.attach("data.bin", bytes(range(256)), "application/octet-stream")
    mail.metadata, mail.tags = {"order": 17}, ["welcome"]
    yield f"{name}: send() says that one was sent", mail.send() == 1, None
    status = mail.anymail_status
    yield f"{name}: every recipient is queued with the id", (
        status.status == {"queued"} and len(status.message_id) == 36
        and set(status.recipients) == {first, copy, hidden}), status
    caught = world.caught(subject)
    reached = world.until(lambda: (lambda to: to if len(to) >= 3 else None)(readers(world, subject)))
    yield f"{name}: to, cc and bcc get it", reached == sorted([first, copy, hidden]), reached
    yield f"{name}: names have their umlauts and commas", (
        caught["From"].addresses[0].display_name == "Jürgen Größe"
        and caught["To"].addresses[0].display_name == "Ünal, Anna"), (caught["From"], caught["To"])
    yield f"{name}: bcc is in no header", hidden.encode() not in caught.raw, caught.raw[:2000]
    files = {part.get_filename(): part for part in caught.walk() if part.get_filename()}
    yield f"{name}: the files come as they were", (
        set(files) == {"Übersicht.txt", "data.bin"}
        and files["Übersicht.txt"].get_content().strip() == "Inhalt: ä"
        and files["data.bin"].get_payload(decode=True) == bytes(range(256))), list(files)
    yield f"{name}: metadata and tags go along as headers", (
        json.loads(caught["X-Metadata"]) == {"order": 17} and json.loads(caught["X-Tags"]) == ["welcome"]
        and caught["X-Order"] == "17"), caught.items()


def readers(world, subject):
    """Everybody who got the mail with this subject."""
    return sorted(to for mail in world.caught_all(subject, 1) for to in mail.envelope["to"])


def a_time(world, name, connection):
    subject = world.unique("Later by Anymail")
    mail = message(world, connection, subject, to=[world.recipient()])
    mail.send_at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1, microseconds=1500)
    mail.send()
    read = world.api().get(f"/api/v1/emails/{mail.anymail_status.message_id}")
    yield f"{name}: send_at makes it scheduled", read["status"] == "scheduled", read
    yield f"{name}: for that time", (
        read["scheduled_at"][:19] == mail.send_at.isoformat()[:19]), (read["scheduled_at"], mail.send_at)
    world.api().post(f"/api/v1/emails/{mail.anymail_status.message_id}/cancel", {})


def one_for_each(world, name, connection):
    subject = world.unique("One for each")
    first, second = world.recipient("anna"), world.recipient("bert")
    mail = message(world, connection, subject, to=[first, second])
    mail.merge_data = {}
    mail.merge_metadata = {first: {"n": 1}, second: {"n": 2}}
    mail.send()
    ids = {address: one.message_id for address, one in mail.anymail_status.recipients.items()}
    yield f"{name}: a batch gives each recipient an id of its own", len(set(ids.values())) == 2, ids
    mails = world.caught_all(subject, 2)
    seen = {one.envelope["to"][0]: json.loads(one["X-Metadata"])["n"] for one in mails}
    yield f"{name}: each got its own", seen == {first: 1, second: 2}, seen
    yield f"{name}: and sees nobody else", all(
        len(one["To"].addresses) == 1 for one in mails), [one["To"] for one in mails]
    read = {address: world.api().get(f"/api/v1/emails/{id}")["to"] for address, id in ids.items()}
    yield f"{name}: the ids are those of the recipients", read == {first: [first], second: [second]}, read


def refusals(world, name, connection):
    mail = message(world, connection, "x", to=[world.recipient()])
    mail.from_email = "a@elsewhere.example"
    try:
        mail.send()
        error = None
    except AnymailAPIError as caught:
        error = caught
    yield f"{name}: another's domain is an error with its status and reason", (
        error is not None and error.status_code == 403 and "elsewhere.example" in str(error)), error
