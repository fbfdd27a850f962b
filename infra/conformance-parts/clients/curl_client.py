"""curl, as the reference of the ingestion API shows it: multipart, urlencoded and JSON, then the questions."""

import base64
import json
import subprocess

BINARY = bytes(range(256)) * 40


def curl(world, *arguments, key=None):
    """(status, headers with names in lower case, parsed body)"""
    command = ["curl", "--noproxy", "*", "-sS", "-i", "--max-time", "20", "-H", "Expect:", *arguments]
    if key is not False:
        command += ["-H", f"Authorization: Bearer {key or world.api_key}"]
    done = subprocess.run(command, capture_output=True, timeout=30)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, json.loads(body) if body else None


def settled(world, path, base_url=None):
    """The message once it is no longer on its way."""
    return world.until(lambda: (
        lambda answer: answer if answer["status"] in ("delivered", "failed") else None
    )(world.api(base_url=base_url).get(path)), what="a final status")


def multipart(world):
    url = f"{world.base_url}/api/v1/messages"
    report = world.work / "Überblick März.pdf"
    report.write_bytes(BINARY)
    subject, to, other = world.unique("Bestellung № 7 –"), world.recipient("juergen"), world.recipient("k")
    status, headers, answer = curl(
        world, url, "--form-string", f'from="Zoë Müller" <{world.sender}>',
        "--form-string", f'to="Grüße, Jürgen" <{to}>', "-F", f"to={other}", "-F", f"subject={subject}", "-F", "text=See the attached report.",
        "-F", f"h:Reply-To=support@{world.sender_domain}", "-F", "o:tag=report", "-F", "o:tag=monthly",
        "-F", f"attachment=@{report}", "-F", f"attachment=@{report};filename=second.bin")
    yield "the multipart example of the reference is queued", status == 202, (status, answer)
    path = headers.get("location", "")
    yield "its Location names it", path == f"/api/v1/messages/{answer.get('id')}", path
    mail = world.caught(subject)
    names = [address.display_name for address in mail["To"].addresses]
    yield "the comma in a quoted name splits nothing", names[0] == "Grüße, Jürgen", names
    yield "repeated fields are one list", len(mail["To"].addresses) == 2, mail["To"]
    yield "h:Reply-To is the header", mail["Reply-To"] == f"support@{world.sender_domain}", mail["Reply-To"]
    files = list(mail.iter_attachments())
    yield "both files arrive unchanged", [file.get_content() for file in files] == [BINARY, BINARY], len(files)
    yield "a file's name keeps its letters", files[0].get_filename() == report.name, files[0].get_filename()
    state = settled(world, path)
    yield "the message is told to be delivered", state["status"] == "delivered", state
    yield "with the remote host and its queue id", state.get("provider") and state.get("providerMessageId"), state
    yield "with a time and a duration", state.get("deliveredAt") and "durationMs" in state, state
    same = settled(world, path, world.control_url)
    yield "the control plane tells the same", same["status"] == "delivered", same
    listed = world.until(lambda: [
        one for one in world.api().get("/api/v1/messages?limit=50&status=delivered")["messages"]
        if one["id"] == answer["id"]], what="the message in the list")
    yield "the list of the key has it with its tags", sorted(listed[0]["tags"]) == ["monthly", "report"], listed
    hidden = world.api(key=world.test_key).get("/api/v1/messages")["messages"]
    yield "the list of another key has not", answer["id"] not in [one["id"] for one in hidden], hidden


def urlencoded(world):
    subject = world.unique("A + B & C = ü")
    status, _, answer = curl(
        world, f"{world.tls_url}/api/v1/messages", "--cacert", world.ca_file, "--data-urlencode",
        f"from={world.sender}", "--data-urlencode", f"to={world.recipient()}, {world.recipient()}",
        "--data-urlencode", f"subject={subject}", "--data-urlencode", "html=<p>50 % + 7 &amp; 8</p>")
    yield "a urlencoded form over HTTPS is queued", status == 202, (status, answer)
    mail = world.caught(subject)
    yield "its signs come through", mail.get_content().strip() == "<p>50 % + 7 &amp; 8</p>", mail.get_content()
    yield "a comma list has several recipients", len(mail["To"].addresses) == 2, mail["To"]


def as_json(world):
    subject, blind = world.unique("JSON ✓"), world.recipient("audit")
    body = {
        "from": world.sender, "to": [world.recipient()], "cc": [world.recipient("cc")], "bcc": [blind],
        "subject": subject, "text": "Plain text body", "html": "<p>HTML body</p>",
        "headers": {"X-Order": "7"}, "tags": ["welcome"], "metadata": {"order": "7"},
        "attachments": [{"filename": "a.bin", "content_type": "application/octet-stream",
                         "content": base64.b64encode(BINARY).decode()}]}
    arguments = (f"{world.base_url}/api/v1/messages", "--json", json.dumps(body))
    key = ("-H", f"Idempotency-Key: {world.unique('curl')}")
    status, _, answer = curl(world, *arguments, *key)
    yield "JSON with an attachment is queued", status == 202, (status, answer)
    again, headers, repeated = curl(world, *arguments, *key)
    yield "a repetition with its Idempotency-Key sends nothing", (
        again == 202 and repeated == answer and headers.get("idempotent-replay") == "true"), (again, repeated)
    mail = world.caught(subject)
    yield "all three kinds of recipients get it", len(mail.envelope["to"]) == 3, mail.envelope
    yield "the blind one is not named in it", blind.encode() not in mail.raw, blind
    file = next(mail.iter_attachments())
    yield "its file arrives unchanged", file.get_content() == BINARY, file.get_filename()


def refusals(world):
    url = f"{world.base_url}/api/v1/messages"
    form = ("-F", f"from={world.sender}", "-F", f"to={world.recipient()}", "-F", "subject=x", "-F", "text=x")
    for title, arguments, key, wanted in (
            ("no key", form, False, 401), ("a wrong key", form, "dsp_live_wrong", 401),
            ("no recipient", form[:2] + form[4:], None, 400), ("no body", form[:6], None, 400),
            ("an unknown field", (*form, "-F", "attachments=x"), None, 400),
            ("a foreign sender", ("-F", "from=a@elsewhere.example", *form[2:]), None, 403)):
        status, headers, answer = curl(world, url, *arguments, key=key)
        holds = status == wanted and answer.get("error") and answer.get("code") and "x-request-id" in headers
        yield f"{title} is refused with {wanted} and a reason", holds, (status, answer)
    status, _, answer = curl(world, f"{url}/spl_{'0' * 32}")
    yield "an unknown id is 404 unknown", status == 404 and answer["status"] == "unknown", (status, answer)


def checks(world):
    yield from multipart(world)
    yield from urlencoded(world)
    yield from as_json(world)
    yield from refusals(world)
