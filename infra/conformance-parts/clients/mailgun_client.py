"""Mailgun's own client, aimed at a node by its base URL alone."""

import datetime
import email.utils
import json

from mailgun.builders import MailgunMessageBuilder
from mailgun.client import Client

BINARY = bytes(range(256)) * 200


def answered(response):
    """(status, body) of an answer."""
    return response.status_code, response.json()


def queued(answer):
    return answer[0] == 200 and answer[1]["message"] == "Queued. Thank you." and answer[1]["id"].startswith("<")


def simple(world, client):
    subject, blind = world.unique("Grüße № 1"), world.recipient("blind")
    answer = answered(client.messages.create(domain=world.sender_domain, data={
        "from": f"Zoë Müller <{world.sender}>", "to": [f'"D, Jürgen" <{world.recipient()}>', world.recipient()],
        "cc": world.recipient("cc"), "bcc": blind, "subject": subject, "text": "Text ✓", "html": "<p>HTML ✓</p>",
        "o:tag": ["September newsletter", "newsletters"], "h:Reply-To": f"r@{world.sender_domain}",
        "v:order": json.dumps({"n": 1})}))
    yield "a message is queued", queued(answer), answer
    mail = world.caught(subject)
    yield "its id is the Message-ID", mail["Message-ID"] == answer[1]["id"], mail["Message-ID"]
    yield "names keep letters and commas", (
        mail["From"].addresses[0].display_name, mail["To"].addresses[0].display_name) == (
        "Zoë Müller", "D, Jürgen"), mail["To"]
    yield "all four recipients get it, the blind one unnamed", (
        len(mail.envelope["to"]) == 4 and blind.encode() not in mail.raw), mail.envelope
    texts = [mail.get_body((kind,)).get_content().strip() for kind in ("plain", "html")]
    yield "both bodies arrive", texts == ["Text ✓", "<p>HTML ✓</p>"], texts
    found = world.until(lambda: [
        one for one in world.portal.get(f"{world.tenant_path}/emails?limit=50")["data"]
        if one["subject"] == subject], what="the message in the log")
    yield "its tags are in the log", sorted(found[0]["tags"]) == ["September newsletter", "newsletters"], found


def files(world, client):
    subject = world.unique("Files")
    answer = answered(client.messages.create(domain=world.sender_domain, data={
        "from": world.sender, "to": world.recipient(), "subject": subject,
        "html": '<img src="cid:logo.png">'}, files=[
        ("attachment", ("Überblick.bin", BINARY)), ("attachment", ("b.txt", b"two")),
        ("inline", ("logo.png", b"PNG"))]))
    yield "a message with files is queued", queued(answer), answer
    mail = world.caught(subject)
    attached = {part.get_filename(): part for part in mail.walk() if part.get_filename()}
    yield "files arrive with their names", sorted(attached) == ["b.txt", "logo.png", "Überblick.bin"], list(attached)
    yield "a file's bytes are the same", attached["Überblick.bin"].get_content() == BINARY, "other bytes"
    yield "the inline one is what the HTML names", attached["logo.png"]["Content-ID"] == "<logo.png>", (
        attached["logo.png"].items())


def finished(world, client):
    subject, to = world.unique("Finished"), world.recipient("envelope")
    mail = f"From: {world.sender}\nTo: list@elsewhere.example\nSubject: {subject}\n\nAs it is.\n"
    answer = answered(client.mimemessage.create(
        domain=world.sender_domain, files={"message": mail.encode()}, data={
            "from": world.sender, "to": to, "cc": world.recipient("cc"), "subject": "another"}))
    yield "a finished message is queued", queued(answer), answer
    caught = world.caught(subject)
    yield "it goes to the envelope, not to whom it names", to in caught.envelope["to"] and (
        len(caught.envelope["to"]) == 2), caught.envelope
    yield "its own fields stay", caught["To"] == "list@elsewhere.example", caught["To"]


def batch(world, client):
    people = {world.recipient("joe"): {"first": "Jörg", "id": 1}, world.recipient("kim"): {"first": "Kim", "id": 2}}
    mark = world.unique("Batch")
    answer = answered(client.messages.create(domain=world.sender_domain, data={
        "from": world.sender, "to": list(people), "subject": mark + " %recipient.first%",
        "text": "Number %recipient.id%", "recipient-variables": json.dumps(people)}))
    yield "a batch is queued", queued(answer), answer
    ids = set()
    for address, values in people.items():
        mail = world.caught(f"{mark} {values['first']}")
        ids.add(mail["Message-ID"])
        yield f"{values['first']} gets his own, alone in To", (
            mail["To"] == address and mail.envelope["to"] == [address]
            and mail.get_content().strip() == f"Number {values['id']}"), mail.as_string()
    yield "all have the id of the answer", ids == {answer[1]["id"]}, ids


def template(world, client):
    slug = world.unique("mg").replace(" ", "-")
    world.portal.post(f"{world.tenant_path}/templates", {
        "name": slug, "slug": slug, "subject": "Unused", "html_body": "<p>Hello {{name}} of {{city}}</p>"})
    world.synchronize()
    subject = world.unique("Template")
    message, attached = (
        MailgunMessageBuilder(world.sender).add_recipient(world.recipient()).set_subject(subject)
        .set_template(slug).set_template_variables({"name": "Ada"}).add_custom_variable("city", "Paris").build())
    for turn in (1, 2):
        answer = answered(client.messages.create(domain=world.sender_domain, data=message, files=attached))
        yield f"what the builder makes of a template is queued ({turn} of 2)", queued(answer), answer
    mails = world.caught_all(subject, 2)
    yield "a legitimate repetition is not swallowed", len(mails) == 2, len(mails)
    yield "the template is filled in", "Hello Ada of Paris" in mails[0].get_content(), mails[0].get_content()


def later(world, client):
    subject = world.unique("Later")
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
    answer = answered(client.messages.create(domain=world.sender_domain, data={
        "from": world.sender, "to": world.recipient(), "subject": subject, "text": "x",
        "o:deliverytime": email.utils.format_datetime(at)}))
    yield "a message for later is queued", queued(answer), answer
    yield "it does not come at once", not world.is_caught(subject), "it came"
    world.caught(subject)
    now = datetime.datetime.now(datetime.timezone.utc)
    yield "it comes at its time", now >= at.replace(microsecond=0), now - at
    subject = world.unique("Captured")
    answer = answered(client.messages.create(domain=world.sender_domain, data={
        "from": world.sender, "to": world.recipient(), "subject": subject, "text": "x", "o:testmode": "yes"}))
    yield "a message in test mode is queued", queued(answer), answer
    # Whoever was queued after it has come, and it has not.
    after = world.unique("After")
    client.messages.create(domain=world.sender_domain, data={
        "from": world.sender, "to": world.recipient(), "subject": after, "text": "x"})
    world.caught(after)
    yield "and never leaves", not world.is_caught(subject), "it left"


def refusals(world, client):
    good = {"from": world.sender, "to": world.recipient(), "subject": "x", "text": "x"}
    for title, domain, data, status, text in (
            ("an unknown domain", "nobody.example", {**good, "from": "a@elsewhere.example"}, 404, "Domain not found"),
            ("no sender", None, {**good, "from": None}, 400, "from parameter is missing"),
            ("no recipient", None, {**good, "to": None}, 400, "to parameter is missing"),
            ("no body", None, {**good, "text": None}, 400, "Need at least one of"),
            ("a bad address", None, {**good, "to": "nobody"}, 400, "'to' parameter is not a valid address"),
            ("an unknown field", None, {**good, "o:nonsense": "x"}, 400, "There is no field")):
        answer = answered(client.messages.create(
            domain=domain or world.sender_domain,
            data={name: value for name, value in data.items() if value is not None}))
        yield f"{title} is refused with {status} in known words", (
            answer[0] == status and answer[1]["message"].startswith(text)), answer
    with Client(auth=("api", "dsp_live_wrong"), api_url=world.base_url) as stranger:
        answer = answered(stranger.messages.create(domain=world.sender_domain, data=good))
    yield "a wrong key is refused with 401", answer[0] == 401 and answer[1]["message"], answer


def relayed(world):
    subject = world.unique("By the other plane")
    with Client(auth=("api", world.api_key), api_url=world.control_url) as client:
        answer = answered(client.messages.create(domain=world.sender_domain, data={
            "from": world.sender, "to": world.recipient(), "subject": subject, "text": "x"}))
    yield "the control plane takes it as well", queued(answer), answer
    yield "and it is sent", world.caught(subject)["Message-ID"] == answer[1]["id"], answer


def checks(world):
    with Client(auth=("api", world.api_key), api_url=world.base_url) as client:
        for group in (simple, files, finished, batch, template, later, refusals):
            yield from group(world, client)
    yield from relayed(world)
