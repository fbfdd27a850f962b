"""`standardwebhooks` verifies the webhooks that a node delivers."""

import json

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def checks(world):
    hook = world.webhook(["sent", "delivered", "bounced"])
    good, bad = world.recipient("kim"), world.recipient("reject")
    for to in (good, bad):
        world.api().post("/api/v1/messages", {
            "from": world.sender, "to": to, "subject": world.unique("Hook"), "text": "x", "metadata": {"n": "№ 1"}})

    def told():
        came = world.webhooks(hook.name)
        kinds = {(body["event"], body["recipient"]) for body in (json.loads(one["body"]) for one in came)}
        wanted = {("sent", good), ("sent", bad), ("delivered", good), ("bounced", bad)}
        return came if wanted <= kinds else None

    came = world.until(told, what="all four webhooks")
    yield "every event comes", len(came) >= 4, len(came)
    verifier = Webhook(hook.secret)
    for one in came:
        body = json.loads(one["body"])
        try:
            read = verifier.verify(one["body"], one["headers"])
            yield f"the signature of {body['event']} verifies", read == body, read
        except WebhookVerificationError as error:
            yield f"the signature of {body['event']} verifies", False, error
    one = came[0]
    ids = [hook["headers"]["webhook-id"] for hook in came]
    yield "no two have one id", len(set(ids)) == len(ids), ids
    for title, body, headers in (
            ("a body that was changed", one["body"].replace(b"sent", b"SENT"), one["headers"]),
            ("another id", one["body"], {**one["headers"], "webhook-id": "msg_other"}),
            ("an old time", one["body"], {**one["headers"], "webhook-timestamp": "1700000000"})):
        try:
            verifier.verify(body, headers)
            yield f"{title} does not verify", title.startswith("a body") and body == one["body"], "it does"
        except WebhookVerificationError:
            yield f"{title} does not verify", True, ""
    world.portal.delete(f"{world.tenant_path}/webhooks/{hook.id}")
