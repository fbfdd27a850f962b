"""swaks, the Swiss army knife of SMTP: each way to log in, pipelining, its own MIME, and a full transcript."""

import re
import subprocess


def swaks(world, *arguments, port=None, user=True):
    """(exit code, transcript)"""
    command = ["swaks", "--server", world.smtp_host, "--port", str(port or world.smtp_port), "--timeout", "30s",
               "--tls-ca-path", world.ca_file, "--tls-verify", "--from", world.sender, *arguments]
    if user:
        command += ["--auth-user", world.username, "--auth-password", world.password]
    done = subprocess.run(command, capture_output=True, timeout=90)
    return done.returncode, done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")


def queued(transcript):
    found = re.search(r"250 2\.0\.0 Ok: queued as ([0-9a-f-]{36})", transcript)
    return found.group(1) if found else None


def checks(world):
    for mechanism in ("PLAIN", "LOGIN"):
        subject, to = world.unique(f"swaks {mechanism}"), world.recipient()
        code, transcript = swaks(
            world, "--tls", "--auth", mechanism, "--to", to, "--header", f"Subject: {subject}", "--body", "Hello.")
        yield f"a message by STARTTLS and AUTH {mechanism} is queued", code == 0 and queued(transcript), transcript
        mail = world.caught(subject)
        yield f"and arrives ({mechanism})", mail.get_content().strip() == "Hello.", mail.get_content()
    subject, people = world.unique("swaks on connect"), [world.recipient() for _ in range(5)]
    file = world.work / "swaks.bin"
    file.write_bytes(bytes(range(256)))
    code, transcript = swaks(
        world, "--tls-on-connect", "--auth", "--pipeline", "--to", ",".join(people), "--header", f"Subject: {subject}",
        "--header", "X-Dispatch-Tag: swaks", "--body", "..\n.\nGrüße", "--attach-type", "application/octet-stream",
        "--attach-name", "data.bin", "--attach", f"@{file}", port=world.smtps_port)
    yield "five recipients, pipelined over TLS, are queued", code == 0 and queued(transcript), transcript
    mail = world.caught(subject)
    yield "each gets it", sorted(mail.envelope["to"]) == sorted(people), mail.envelope
    files = [part.get_content() for part in mail.iter_attachments() if part.get_filename() == "data.bin"]
    yield "with the file unchanged", files == [file.read_bytes()], files
    id = queued(transcript)
    found = world.until(lambda: [
        one for one in world.portal.get(f"{world.tenant_path}/emails?tag=swaks")["data"] if one["id"] == id])
    yield "the log finds it by its tag", found[0]["tags"] == ["swaks"], found
    code, transcript = swaks(world, "--to", world.recipient(), user=False)
    yield "without TLS and login it ends at MAIL with 530", code == 23 and "530 5.7.0" in transcript, transcript
    code, transcript = swaks(
        world, "--tls", "--auth", "PLAIN", "--to", world.recipient(), "--auth-user", world.username,
        "--auth-password", "dp_sk_wrong", user=False)
    yield "a wrong password is 535", code == 28 and "535 5.7.8" in transcript, transcript
    code, transcript = swaks(
        world, "--tls", "--auth", "PLAIN", "--to", world.recipient(), "--from", "a@foreign.example")
    refused = code == 26 and "550 5.7.1" in transcript
    yield "a foreign sender is 550 5.7.1 at the end of the message", refused, transcript
    code, transcript = swaks(world, "--tls", "--quit-after", "HELO", "--to", world.recipient(), user=False)
    offered = all(word in transcript for word in (
        "PIPELINING", "SIZE ", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES", "REQUIRETLS",
        "AUTH PLAIN LOGIN"))
    yield "EHLO under TLS offers all that is promised", offered, transcript
