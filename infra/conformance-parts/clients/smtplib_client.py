"""Python's smtplib: STARTTLS and TLS, a credential and keys, everything that its messages can hold."""

import email.message
import email.policy
import json
import smtplib
import ssl

BINARY = bytes(range(256)) * 200


def connected(world, tls=False):
    context = ssl.create_default_context(cafile=world.ca_file)
    if tls:
        smtp = smtplib.SMTP_SSL(world.smtp_host, world.smtps_port, timeout=30, context=context)
    else:
        smtp = smtplib.SMTP(world.smtp_host, world.smtp_port, timeout=30)
        smtp.starttls(context=context)
    smtp.ehlo()
    return smtp


def logged_in(world, tls=False, password=None):
    smtp = connected(world, tls)
    smtp.login("anything" if password else world.username, password or world.password)
    return smtp


def send(smtp, raw, sender, recipients, options=()):
    """The id in the reply; raises as smtplib does."""
    smtp.ehlo_or_helo_if_needed()
    code, text = smtp.mail(sender, list(options))
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, text, sender)
    for recipient in recipients:
        code, text = smtp.rcpt(recipient)
        if code != 250:
            raise smtplib.SMTPRecipientsRefused({recipient: (code, text)})
    code, text = smtp.data(raw)
    if code != 250:
        raise smtplib.SMTPDataError(code, text)
    return text.decode().rsplit(" ", 1)[1]


def logged(world, id, status="delivered"):
    """What the log says of a message once it is done."""
    def look():
        found = world.portal.get(f"{world.tenant_path}/emails?limit=100")["data"]
        for one in found:
            if one["id"] == id and one["status"] == status:
                return world.portal.get(f"{world.tenant_path}/emails/{id}")["data"]
        return None
    return world.until(look, what=f"message {id} in the log as {status}")


def refusal(send_it):
    """The code and text of what smtplib raises."""
    try:
        send_it()
    except smtplib.SMTPResponseException as error:
        return error.smtp_code, error.smtp_error.decode()
    return None, None


def whole(world):
    to, cc, hidden = (world.recipient(word) for word in ("anna", "ben", "hidden"))
    subject = world.unique("Grüße № 7 – 日本語 👩‍👩‍👧‍👦")
    message = email.message.EmailMessage()
    message["From"] = f'"Müller, Zoë" <{world.sender}>'
    message["To"] = f"Änne „A“ Öztürk <{to}>"
    message["Cc"] = cc
    message["Bcc"] = hidden
    message["Subject"] = subject
    message["X-Dispatch-Tag"] = "größe"
    message["X-Dispatch-Metadata"] = json.dumps({"order": "7", "wer": "Zoë"}, ensure_ascii=False)
    message["X-Own"] = "kept ä"
    message.set_content("Grüße\n.\nFrom here on\n")
    message.add_alternative("<p>Grüße <img src='cid:logo@x.example'></p>", subtype="html")
    message.get_payload()[1].add_related(BINARY, "image", "png", cid="<logo@x.example>")
    message.add_attachment(BINARY, maintype="application", subtype="pdf", filename="Rechnung für März.pdf")
    smtp = logged_in(world)
    id = send(smtp, message.as_bytes(policy=email.policy.SMTP), world.sender, [to, cc, hidden])
    smtp.quit()
    mail = world.caught(subject)
    people = sorted(mail.envelope["to"])
    yield "the envelope decides: all three get it", people == sorted([to, cc, hidden]), people
    yield "the subject keeps its letters", mail["Subject"] == subject, mail["Subject"]
    yield "so do names, with a comma in one", (
        mail["From"].addresses[0].display_name == "Müller, Zoë"
        and mail["To"].addresses[0].display_name == "Änne „A“ Öztürk"), (mail["From"], mail["To"])
    yield "no Bcc and no instruction leaves", not any(
        name.lower() == "bcc" or name.lower().startswith("x-dispatch-") and name != "X-Dispatch-ID"
        for name in mail.keys()), mail.keys()
    yield "own headers do", mail["X-Own"] == "kept ä", mail["X-Own"]
    yield "the id of the reply is in the message", mail["X-Dispatch-ID"] == id, (mail["X-Dispatch-ID"], id)
    yield "Date and Message-ID are there", mail["Date"] and mail["Message-ID"], mail.items()
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    yield "the text arrives, lone dots and all", text == "Grüße\n.\nFrom here on\n", text
    files = {
        part.get_content_type(): part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()}
    same = files["application/pdf"] == files["image/png"] == BINARY
    yield "the file and the image arrive unchanged", same, files.keys()
    names = [part.get_filename() for part in mail.iter_attachments() if part.get_filename()]
    yield "the file keeps its name", "Rechnung für März.pdf" in names, names
    detail = logged(world, id)
    yield "the log has subject, tag and metadata", (
        detail["subject"] == subject and detail["tags"] == ["größe"]
        and detail["metadata"] == {"order": "7", "wer": "Zoë"}), detail
    yield "and opens the same text", detail["body"].replace("\r\n", "\n") == text, detail["body"]
    names = [one["filename"] for one in detail["attachments"] if not one["inline"]]
    yield "and names the file", names == ["Rechnung für März.pdf"], detail["attachments"]


def once(world):
    subject, to = world.unique("Once"), world.recipient()
    raw = (f"From: {world.sender}\r\nTo: {to}\r\nSubject: {subject}\r\n"
           f"X-Dispatch-Idempotency-Key: {world.unique('key')}\r\n\r\nHello\r\n").encode()
    ids = []
    for _ in range(2):
        smtp = logged_in(world, tls=True)
        ids.append(send(smtp, raw, world.sender, [to]))
        smtp.quit()
    yield "the same message with the same key has one id, on both ports", ids[0] == ids[1], ids
    world.caught(subject)
    logged(world, ids[0])
    log = world.portal.get(f"{world.tenant_path}/emails?limit=100")["data"]
    found = [one for one in log if one["subject"] == subject]
    yield "and is one message", len(found) == 1, found
    smtp = logged_in(world)
    code, text = refusal(lambda: send(smtp, raw + b"more\r\n", world.sender, [to]))
    yield "another message with it is refused", code == 550, (code, text)


def utf8(world):
    sender, to = f"zoë@{world.sender_domain}", world.recipient("anna").replace("anna", "änne")
    subject = world.unique("SMTPUTF8 ü")
    message = email.message.EmailMessage(policy=email.policy.SMTPUTF8)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content("Grüße", cte="8bit")
    smtp = logged_in(world)
    id = send(smtp, message.as_bytes(), sender, [to], ["SMTPUTF8", "BODY=8BITMIME"])
    mail = world.caught(subject)
    came = mail.envelope["to"] == [to] and mail.envelope["smtp_utf8"]
    yield "a UTF-8 address gets its mail by SMTPUTF8", came, mail.envelope
    yield "8-bit text arrives as it was", "Grüße".encode() in mail.raw, mail.raw
    yield "the log has the address", to in json.dumps(logged(world, id), ensure_ascii=False), id
    smtp.send(f"MAIL FROM:<{sender}>\r\n".encode())
    code, text = smtp.getreply()
    yield "without SMTPUTF8 it is 553", code == 553, (code, text)


def template(world):
    slug = world.unique("smtp").replace(" ", "-")
    world.portal.post(f"{world.tenant_path}/templates", {
        "name": slug, "slug": slug, "subject": "Hello {{name}} " + slug,
        "html_body": "<p>{{name}}: {{#each items}}{{this}};{{/each}}</p>", "text_body": "For {{name}}"})
    world.synchronize()
    to = world.recipient()
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = world.sender, to, "placeholder"
    message["X-Dispatch-Template"] = slug
    message["X-Dispatch-Variables"] = json.dumps({"name": "Zoë & Co", "items": ["ä", "b"] * 20}, ensure_ascii=False)
    message.set_content("placeholder")
    message.add_attachment(BINARY, maintype="application", subtype="pdf", filename="a.pdf")
    smtp = logged_in(world)
    send(smtp, message.as_bytes(policy=email.policy.SMTP), world.sender, [to])
    mail = world.caught(f"Hello Zoë & Co {slug}")
    html = mail.get_body(("html",)).get_content()
    yield "a template takes the place of subject and texts", html.startswith("<p>Zoë &amp; Co: ä;b;ä;"), html
    yield "and leaves the file", [one.get_content() for one in mail.iter_attachments()] == [BINARY], mail
    del message["X-Dispatch-Variables"]
    code, text = refusal(
        lambda: send(smtp, message.as_bytes(policy=email.policy.SMTP), world.sender, [to]))
    yield "a missing variable is named", code == 550 and "X-Dispatch-Variables.name" in text, (code, text)


def captured(world):
    subject, to = world.unique("Captured ü"), world.recipient()
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = world.sender, to, subject
    message.set_content("Grüße")
    smtp = logged_in(world, password=world.test_key)
    id = send(smtp, message.as_bytes(policy=email.policy.SMTP), world.sender, [to])
    opened = world.api(key=world.test_key).get(f"{world.tenant_path}/captured/{id}")["data"]
    read = opened["subject"] == subject and opened["text"].strip() == "Grüße"
    yield "mail of a test key is read by API", read, opened
    yield "with its envelope", opened["envelope"] == {"from": world.sender, "to": [to]}, opened["envelope"]
    raw = world.portal.raw("GET", f"{world.tenant_path}/captured/{id}/raw")
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    yield "and as it is", mail["Subject"] == subject and mail["Return-Path"] == f"<{world.sender}>", raw
    yield "it does not leave", not world.is_caught(subject), subject


def refused(world):
    smtp = connected(world)
    code, text = refusal(lambda: smtp.login(world.username, "dp_sk_wrong"))
    yield "a wrong password is 535", code == 535, (code, text)
    plain = smtplib.SMTP(world.smtp_host, world.smtp_port, timeout=30)
    plain.ehlo()
    yield "without TLS no login is offered", not plain.has_extn("auth"), plain.esmtp_features
    code, text = plain.docmd("AUTH", "PLAIN AGEAYg==")
    yield "nor taken", code == 538, (code, text)
    smtp = logged_in(world)
    foreign = b"From: a@foreign.example\r\n\r\nHello\r\n"
    code, text = refusal(lambda: send(smtp, foreign, world.sender, [world.recipient()]))
    yield "a foreign sender is 550 5.7.1", code == 550 and text.startswith("5.7.1"), (code, text)
    code, text = refusal(lambda: raw_lines(smtp, world))
    yield "a bare line feed is 550 5.6.0", code == 550 and text.startswith("5.6.0"), (code, text)


def raw_lines(smtp, world):
    """smtplib itself mends line ends, so this goes past it."""
    smtp.mail(world.sender)
    smtp.rcpt(world.recipient())
    smtp.docmd("DATA")
    smtp.send(f"From: {world.sender}\r\n\r\nx\n.\nMAIL FROM:<a@b.example>\r\n.\r\n".encode())
    code, text = smtp.getreply()
    raise smtplib.SMTPDataError(code, text)


def checks(world):
    for part in (whole, once, utf8, template, captured, refused):
        yield from part(world)
