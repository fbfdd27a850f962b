"""The official Python client of Resend, by its base URL and a key alone: sends, batches, times, reads."""

import datetime

import resend
from resend.exceptions import ResendError


def checks(world):
    resend.api_key = world.api_key
    for name, url in [("the node", world.base_url), ("the control plane", world.control_url)]:
        resend.api_url = f"{url}/api/v1"
        yield from at_one(world, name)


def ahead(**span):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**span)).isoformat()


def refusal(function):
    """The error that a call ends with; None when it succeeds."""
    try:
        function()
    except ResendError as error:
        return error
    return None


def at_one(world, name):
    yield from a_whole_message(world, name)
    yield from times(world, name)
    yield from batches(world, name)
    yield from repetitions_and_refusals(world, name)


def a_whole_message(world, name):
    subject = world.unique("Grüße aus Köln")
    first, second = world.recipient("anna"), world.recipient("bert")
    copy, hidden = world.recipient("carla"), world.recipient("dora")
    data = bytes(range(256)) * 40
    sent = resend.Emails.send({
        "from": f"Jürgen Größe <{world.sender}>", "to": [f"\"Anna, die Erste\" <{first}>", second],
        "cc": f"Carla Ünal <{copy}>", "bcc": [hidden], "reply_to": "Antwort <answer@example.org>",
        "subject": subject, "html": '<p>Schön: <img src="cid:logo"></p>', "text": "Schön",
        "headers": {"X-Order": "17"}, "tags": [{"name": "campaign", "value": "spring"}],
        "attachments": [
            {"filename": "Übersicht.pdf", "content": list(data), "content_type": "application/pdf"},
            {"filename": "logo.png", "content": list(b"\x89PNG"), "content_id": "logo"},
        ],
    })
    yield f"{name}: send() gives an id", len(sent["id"]) == 36, sent
    mail = world.caught(subject)
    everyone = sorted([first, second, copy, hidden])
    reached = world.until(lambda: (lambda to: to if len(to) >= 4 else None)(readers(world, subject)))
    yield f"{name}: to, cc and bcc get it", reached == everyone, reached
    shown = mail["From"].addresses[0]
    yield f"{name}: the sender's name has its umlauts", shown.display_name == "Jürgen Größe", shown
    yield f"{name}: the copy's name too", mail["Cc"].addresses[0].display_name == "Carla Ünal", mail["Cc"]
    yield f"{name}: bcc is in no header", hidden.encode() not in mail.raw, mail.raw[:2000]
    yield f"{name}: reply-to and a header of one's own", (
        mail["Reply-To"].addresses[0].addr_spec == "answer@example.org" and mail["X-Order"] == "17"), mail.items()
    yield f"{name}: both bodies", (
        "Schön" in mail.get_body(("plain",)).get_content()
        and "Schön" in mail.get_body(("html",)).get_content()), mail.raw[:2000]
    files = {part.get_filename(): part for part in mail.walk() if part.get_filename()}
    pdf, logo = files.get("Übersicht.pdf"), files.get("logo.png")
    yield f"{name}: the file comes byte for byte under its name", (
        pdf is not None and pdf.get_payload(decode=True) == data and pdf.get_content_type() == "application/pdf"
    ), list(files)
    yield f"{name}: the inline image has its id", logo is not None and logo["Content-ID"] == "<logo>", list(files)
    yield f"{name}: it is signed", mail["DKIM-Signature"] is not None, mail.keys()

    read = world.until(lambda: delivered(sent["id"]), what="delivery in the log")
    yield f"{name}: get() tells of it", (
        read["object"] == "email" and read["subject"] == subject and read["to"] == [first, second]
        and read["bcc"] == [hidden] and read["last_event"] == "delivered" and "Schön" in read["html"]), read
    yield f"{name}: tags are kept", read["metadata"] == {"campaign": "spring"}, read["metadata"]
    listed = resend.Emails.list({"limit": 1})
    yield f"{name}: list() has it first", (
        listed["object"] == "list" and listed["data"][0]["id"] == sent["id"] and listed["has_more"] in (True, False)
    ), listed


def readers(world, subject):
    """Everybody who got the mail with this subject."""
    return sorted(to for mail in world.caught_all(subject, 1) for to in mail.envelope["to"])


def delivered(id):
    email = resend.Emails.get(id)
    return email if email["status"] == "delivered" else None


def times(world, name):
    subject, soon = world.unique("Never"), world.unique("Soon")
    mail = {"from": world.sender, "to": world.recipient(), "text": "Later"}
    sent = resend.Emails.send({**mail, "subject": subject, "scheduled_at": ahead(hours=2)})
    read = resend.Emails.get(sent["id"])
    yield f"{name}: a scheduled message is read back as such", read["last_event"] == "scheduled", read
    moved = resend.Emails.update({"id": sent["id"], "scheduled_at": ahead(hours=3)})
    yield f"{name}: update() answers object and id", (moved["object"], moved["id"]) == ("email", sent["id"]), moved
    cancelled = resend.Emails.cancel(sent["id"])
    yield f"{name}: cancel() answers object and id", (
        (cancelled["object"], cancelled["id"]) == ("email", sent["id"])), cancelled
    again = refusal(lambda: resend.Emails.cancel(sent["id"]))
    yield f"{name}: a second cancel() is refused", again is not None and again.code == 409, again
    world.until(lambda: resend.Emails.get(sent["id"])["last_event"] == "canceled", what="the end in the log")

    other = resend.Emails.send({**mail, "subject": soon, "scheduled_at": ahead(hours=2)})
    resend.Emails.update({"id": other["id"], "scheduled_at": ahead(seconds=2)})
    yield f"{name}: what is moved near comes soon", world.caught(soon) is not None, None
    yield f"{name}: what is cancelled never comes", not world.is_caught(subject), subject
    past = refusal(lambda: resend.Emails.send({**mail, "subject": soon, "scheduled_at": ahead(hours=-1)}))
    yield f"{name}: a time that has passed is refused", past is not None and past.code == 400, past


def batches(world, name):
    subjects = [world.unique(f"Batch {number}") for number in range(3)]
    emails = [
        {"from": world.sender, "to": [world.recipient()], "subject": subject, "html": "<b>x</b>"}
        for subject in subjects
    ]
    sent = resend.Batch.send(emails)
    ids = [one["id"] for one in sent["data"]]
    yield f"{name}: Batch.send() gives an id for each", len(set(ids)) == 3, sent
    for subject in subjects:
        world.caught(subject)
    read = [resend.Emails.get(id)["subject"] for id in ids]
    yield f"{name}: the ids are in the order of the emails", read == subjects, read
    wrong, right = world.unique("Foreign"), world.unique("Right")
    mixed = [
        {**emails[0], "subject": right}, {**emails[0], "subject": wrong, "from": "a@elsewhere.example"},
    ]
    error = refusal(lambda: resend.Batch.send(mixed))
    yield f"{name}: strict sends none and names the one at fault", (
        error is not None and error.code == 403 and "Email 1" in str(error)), error
    some = resend.Batch.send(mixed, {"batch_validation": "permissive"})
    yield f"{name}: permissive sends what it can and tells of the rest", (
        len(some["data"]) == 1 and [one["index"] for one in some["errors"]] == [1]
        and some["errors"][0]["message"]), some
    yield f"{name}: it came once", len(world.caught_all(right, 1)) == 1 and not world.is_caught(wrong), right


def repetitions_and_refusals(world, name):
    subject, key = world.unique("Once"), world.unique("key")
    mail = {"from": world.sender, "to": world.recipient(), "subject": subject, "text": "Once"}
    first = resend.Emails.send(mail, {"idempotency_key": key})
    second = resend.Emails.send(mail, {"idempotency_key": key})
    yield f"{name}: the same key gives the same email", first["id"] == second["id"], (first, second)
    other = refusal(lambda: resend.Emails.send({**mail, "text": "Twice"}, {"idempotency_key": key}))
    yield f"{name}: the same key with another body is refused", other is not None and other.code == 409, other
    yield f"{name}: it came once", len(world.caught_all(subject, 1)) == 1, subject
    for what, fields, code in [
        ("another's domain", {"from": "a@elsewhere.example"}, 403), ("no recipient", {"to": []}, 400),
        ("a file to fetch", {"attachments": [{"filename": "a", "path": "http://127.0.0.1/a"}]}, 400),
        ("an unknown field", {"topic_id": "x"}, 400),
    ]:
        error = refusal(lambda: resend.Emails.send({**mail, **fields}))
        yield f"{name}: {what} is refused in words", (
            error is not None and error.code == code and len(str(error)) > 10), error
    unknown = refusal(lambda: resend.Emails.get("0f8fad5b-d9cb-469f-a165-70867728950e"))
    yield f"{name}: an unknown id is 404", unknown is not None and unknown.code == 404, unknown
    resend.api_key = "dsp_live_none"
    stranger = refusal(lambda: resend.Emails.send(mail))
    resend.api_key = world.api_key
    yield f"{name}: a wrong key is 401", stranger is not None and stranger.code == 401, stranger
