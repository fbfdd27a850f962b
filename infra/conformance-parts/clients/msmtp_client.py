"""msmtp, as programs use it in place of sendmail: recipients from the command line or from the headers."""

import email.message
import email.policy
import subprocess


def msmtp(world, arguments, message, password=None, tls=True, port=None, starttls=True):
    """(exit code, what it said)"""
    config = world.work / "msmtprc"
    config.write_text("\n".join([
        "defaults", f"host {world.smtp_host}", f"port {port or world.smtp_port}", "domain client.example",
        f"tls {'on' if tls else 'off'}", f"tls_starttls {'on' if starttls else 'off'}",
        f"tls_trust_file {world.ca_file}", f"auth {'plain' if tls else 'off'}", f"user {world.username}",
        f"password {password or world.password}", f"from {world.sender}", "account default", ""]))
    config.chmod(0o600)
    done = subprocess.run(
        ["msmtp", "-C", str(config), "--timeout=30", *arguments], input=message, capture_output=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def made(world, subject, to, cc=None, bcc=None):
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Zoë <{world.sender}>", to, subject
    if cc:
        message["Cc"] = cc
    if bcc:
        message["Bcc"] = bcc
    message["X-Dispatch-Tag"] = "msmtp"
    message.set_content("Grüße\n.\nEnde\n", cte="8bit")
    message.add_attachment(bytes(range(256)), maintype="application", subtype="zip", filename="März.zip")
    return message.as_bytes(policy=email.policy.default)


def checks(world):
    subject, people = world.unique("msmtp ü"), [world.recipient() for _ in range(3)]
    code, text = msmtp(world, ["-t"], made(world, subject, people[0], people[1], people[2]))
    yield "recipients of the headers, Bcc among them, are queued", code == 0, text
    mail = world.caught(subject)
    yield "all get it", sorted(mail.envelope["to"]) == sorted(people), mail.envelope
    yield "none reads the Bcc", "Bcc" not in mail, mail.keys()
    text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    yield "text with line feeds and a lone dot arrives", text == "Grüße\n.\nEnde\n", text
    names = [part.get_filename() for part in mail.iter_attachments()]
    yield "the file keeps its name", names == ["März.zip"], names
    found = world.until(lambda: [
        one for one in world.portal.get(f"{world.tenant_path}/emails?tag=msmtp")["data"] if one["subject"] == subject])
    yield "the log has it once", len(found) == 1, found
    subject, to = world.unique("msmtp key"), world.recipient()
    code, text = msmtp(
        world, [to], made(world, subject, "someone-else@inbox.example"), password=world.api_key,
        port=world.smtps_port, starttls=False)
    yield "an API key is a password, over TLS from the first byte", code == 0, text
    yield "the command line decides who gets it", world.caught(subject).envelope["to"] == [to], to
    code, text = msmtp(world, [world.recipient()], made(world, "x", to), password="dp_sk_wrong")
    yield "a wrong password is refused", code != 0 and "535" in text, (code, text)
    code, text = msmtp(world, [world.recipient()], made(world, "x", to), tls=False)
    yield "without TLS nothing is taken", code != 0 and "530" in text, (code, text)
