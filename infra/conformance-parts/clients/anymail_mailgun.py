"""django-anymail's Mailgun backend, aimed at a node by its settings alone."""

import datetime

BINARY = bytes(range(256)) * 100


def configured(world):
    """Django wants its settings once in a process."""
    import django
    from django.conf import settings

    anymail = {
        "MAILGUN_API_KEY": world.api_key, "MAILGUN_API_URL": f"{world.base_url}/v3",
        "MAILGUN_SENDER_DOMAIN": world.sender_domain,
    }
    if not settings.configured:
        settings.configure(USE_TZ=True, INSTALLED_APPS=["anymail"], ANYMAIL=anymail)
        django.setup()
    else:
        settings.ANYMAIL = {**getattr(settings, "ANYMAIL", {}), **anymail}
    from django.core.mail import get_connection

    return get_connection("anymail.backends.mailgun.EmailBackend")


def simple(world, connection):
    from anymail.message import AnymailMessage

    subject = world.unique("Anymail ✓")
    message = AnymailMessage(
        subject, "Text ✓", f"Zoë Müller <{world.sender}>", [f'"D, Jürgen" <{world.recipient()}>', world.recipient()],
        cc=[world.recipient("cc")], bcc=[world.recipient("bcc")], reply_to=[f"r@{world.sender_domain}"],
        headers={"X-Order": "7"}, connection=connection, tags=["welcome", "first"], metadata={"order": 7},
        track_opens=False, track_clicks=True)
    message.attach_alternative("<p>HTML ✓</p>", "text/html")
    message.attach("Überblick.bin", BINARY, "application/octet-stream")
    cid = message.attach_inline_image(b"\x89PNG", "logo.png", "logo")
    sent = message.send()
    status = message.anymail_status
    yield "a message is queued", sent == 1 and status.status == {"queued"}, status
    mail = world.caught(subject)
    yield "its id is the Message-ID", status.message_id == mail["Message-ID"], status.message_id
    yield "all recipients get it", len(mail.envelope["to"]) == 4, mail.envelope
    yield "names keep letters and commas", mail["To"].addresses[0].display_name == "D, Jürgen", mail["To"]
    yield "headers arrive", mail["X-Order"] == "7" and mail["Reply-To"] == f"r@{world.sender_domain}", mail.items()
    files = {part.get_filename(): part for part in mail.walk() if part.get_filename()}
    yield "the file arrives unchanged", files["Überblick.bin"].get_content() == BINARY, list(files)
    inline = [part for part in mail.walk() if part["Content-ID"] == f"<{cid}>"]
    yield "the inline image is what the HTML may name", len(inline) == 1, list(files)


def merged(world, connection):
    from anymail.message import AnymailMessage

    ann, ben, mark = world.recipient("ann"), world.recipient("ben"), world.unique("Merge")
    message = AnymailMessage(
        mark + " %recipient.name%", "Order %recipient.order% at %recipient.shop%", world.sender,
        [f"Ann <{ann}>", ben], connection=connection,
        merge_data={ann: {"name": "Ann", "order": 1}, ben: {"name": "Ben", "order": 2}},
        merge_global_data={"shop": "Dispatch"}, merge_metadata={ann: {"row": "1"}, ben: {"row": "2"}},
        merge_headers={ann: {"X-Row": "one"}, ben: {"X-Row": "two"}})
    message.send()
    status = message.anymail_status
    yield "a merged message is queued", status.status == {"queued"}, status
    for address, name, number, row in ((ann, "Ann", 1, "one"), (ben, "Ben", 2, "two")):
        mail = world.caught(f"{mark} {name}")
        yield f"{name} gets his own values", (
            mail.get_content().strip() == f"Order {number} at Dispatch" and mail["X-Row"] == row
            and mail.envelope["to"] == [address]), mail.as_string()
        yield f"{name}'s has the id of the answer", mail["Message-ID"] == status.message_id, mail["Message-ID"]
    found = world.until(lambda: (
        lambda rows: rows if len(rows) == 2 else None)([
            one for one in world.portal.get(f"{world.tenant_path}/emails?limit=50")["data"]
            if one["subject"].startswith(mark)]), what="both messages in the log")
    details = [world.portal.get(f"{world.tenant_path}/emails/{one['id']}")["data"] for one in found]
    rows = sorted(detail["metadata"].get("row", "") for detail in details)
    yield "each has its own metadata", rows == ["1", "2"], rows


def template(world, connection):
    from anymail.message import AnymailMessage

    slug = world.unique("anymail").replace(" ", "-")
    world.portal.post(f"{world.tenant_path}/templates", {
        "name": slug, "slug": slug, "subject": "Unused", "html_body": "<p>Hello {{name}}</p>"})
    world.synchronize()
    subject, ann = world.unique("Stored"), world.recipient("ann")
    message = AnymailMessage(
        subject=subject, from_email=world.sender, to=[ann], connection=connection, merge_data={ann: {"name": "Ann"}})
    message.template_id = slug
    message.send()
    mail = world.caught(subject)
    yield "a stored template is filled in", "Hello Ann" in mail.get_content(), mail.get_content()


def later(world, connection):
    from anymail.message import AnymailMessage

    subject = world.unique("Anymail later")
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
    message = AnymailMessage(subject, "x", world.sender, [world.recipient()], connection=connection, send_at=at)
    message.send()
    yield "a message for later waits", not world.is_caught(subject), "it came at once"
    world.caught(subject)
    now = datetime.datetime.now(datetime.timezone.utc)
    yield "and comes at its time", now >= at.replace(microsecond=0), now - at


def refusals(world, connection):
    from anymail.exceptions import AnymailError
    from anymail.message import AnymailMessage

    for title, sender, text in (
            ("a foreign sender", "a@elsewhere.example", "not verified"),
            ("a foreign sender domain", "a@nobody.example", "Domain not found")):
        message = AnymailMessage("x", "x", sender, [world.recipient()], connection=connection)
        if text.startswith("Domain"):
            message.esp_extra = {"sender_domain": "nobody2.example"}
        try:
            message.send()
            yield f"{title} is refused", False, message.anymail_status
        except AnymailError as error:
            yield f"{title} is refused with its reason", text in str(error), error


def checks(world):
    connection = configured(world)
    for group in (simple, merged, template, later, refusals):
        yield from group(world, connection)
