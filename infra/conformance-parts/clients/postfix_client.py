"""Postfix as it sends through a smarthost: all commands of a transaction in one packet (RFC 2920), a login, TLS."""

import pathlib
import pwd
import shutil
import subprocess
import tempfile

SERVICES = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
tlsmgr unix - - n 1000? 1 tlsmgr
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A Postfix of its own that hands all mail to the node; `with` starts and stops it."""

    def __init__(self, world, password, logs_in=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dispatch-smarthost"))
        self.folder.chmod(0o755)
        for name in ("config", "queue", "data"):
            (self.folder / name).mkdir(mode=0o755)
        user = pwd.getpwnam("postfix")
        shutil.chown(self.folder / "data", user.pw_uid, user.pw_gid)
        (self.folder / "config" / "login").write_text(
            f"[{world.smtp_host}]:{world.smtp_port} {world.username}:{password}\n")
        settings = [
            "compatibility_level = 3.6", f"queue_directory = {self.folder}/queue", f"data_directory = {self.folder}/data",
            f"maillog_file_prefixes = {self.folder}", f"maillog_file = {self.folder}/log", "myhostname = client.test",
            "mydestination =", "mynetworks = 127.0.0.0/8", "inet_interfaces = 127.0.0.1", "inet_protocols = ipv4",
            f"relayhost = [{world.smtp_host}]:{world.smtp_port}", "disable_dns_lookups = yes", "alias_maps =",
            "smtp_tls_security_level = secure", f"smtp_tls_CAfile = {world.ca_file}",
            "smtp_tls_secure_cert_match = localhost", f"smtp_sasl_auth_enable = {'yes' if logs_in else 'no'}",
            f"smtp_sasl_password_maps = texthash:{self.folder}/config/login", "smtp_sasl_tls_security_options =",
            "smtp_connection_cache_on_demand = yes", "smtp_connection_cache_destinations = static:all",
            "always_add_missing_headers = yes", "notify_classes =", "smtputf8_enable = yes", ""]
        (self.folder / "config" / "main.cf").write_text("\n".join(settings))
        (self.folder / "config" / "master.cf").write_text(SERVICES)

    def __enter__(self):
        self.run("/usr/sbin/postfix", "-c", f"{self.folder}/config", "start")
        return self

    def __exit__(self, *_):
        self.run("/usr/sbin/postfix", "-c", f"{self.folder}/config", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def run(*command, text=None):
        subprocess.run(command, input=text, capture_output=True, timeout=60, check=True)

    def send(self, sender, recipients, raw):
        self.run("/usr/sbin/sendmail", "-C", f"{self.folder}/config", "-i", "-f", sender, *recipients, text=raw)

    def log(self):
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""

    def answers(self, recipient):
        """What the log says of the deliveries to this recipient."""
        return [line for line in self.log().splitlines() if f"to=<{recipient}>" in line and "status=" in line]

    def waited(self, world, recipient):
        return world.until(lambda: self.answers(recipient))


def message(world, subject, to, sender=None):
    return (f"From: {sender or world.sender}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n"
            "Hello\r\n.\r\nQUIT\r\n").replace("\r\n", "\n").encode()


def checks(world):
    with Postfix(world, world.password) as postfix:
        subject, people = world.unique("smarthost"), [world.recipient() for _ in range(30)]
        postfix.send(world.sender, people, message(world, subject, people[0]))
        mail = world.caught(subject)
        answers = [postfix.waited(world, one)[0] for one in people]
        yield "thirty recipients in one packet are taken", all(
            "status=sent (250 2.0.0 Ok: queued as" in one for one in answers), answers
        text = mail.get_content().replace("\r\n", "\n")
        yield "dots and commands in the text stay text", text == "Hello\n.\nQUIT\n", text
        foreign = world.recipient()
        postfix.send("a@foreign.example", [foreign], message(world, "x", foreign, "a@foreign.example"))
        answers = postfix.waited(world, foreign)
        yield "a refusal at the end is read as such", "550 5.7.1" in answers[0] and "bounced" in answers[0], answers
        subject, to = world.unique("after a refusal"), world.recipient()
        postfix.send(world.sender, [to], message(world, subject, to))
        yield "and the next message goes", world.caught(subject).envelope["to"] == [to], postfix.log()
        yield "no connection was lost", "lost connection" not in postfix.log(), postfix.log()
    with Postfix(world, world.password, logs_in=False) as postfix:
        to = world.recipient()
        postfix.send(world.sender, [to], message(world, "x", to))
        answers = postfix.waited(world, to)
        yield "of a pipelined transaction whose MAIL is refused the reason is read", (
            "530 5.7.0" in answers[0] and "lost connection" not in postfix.log()), answers
