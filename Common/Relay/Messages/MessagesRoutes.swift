import HTTP

/// The routes of the Messages API that nodes answer: the control plane passes sends on, finds the node that
/// holds what is to be withdrawn, and both document them alike.
package enum MessagesRoutes {
    package static let prefix = "/v1/messages"
    package static let maxBatchMessages = 1_000

    package static let send = RouteInfo(
        summary: "Send a message",
        details: "The message is on disk when this answers. Opens and clicks are tracked unless `tracking` "
            + "declines it; without both, no List-Unsubscribe is added. With `template_id` the template "
            + "gives subject and bodies, else `template_data` fills the placeholders of those that are "
            + "given. An `Idempotency-Key` makes a repetition safe for 24 hours.",
        tag: "Messages", scope: "emails:send", parameters: [idempotencyKey],
        requestSchema: message.example([
            "from": "Your Company <hello@yourdomain.com>", "to": "John Doe <john@example.com>",
            "subject": "Your order has shipped",
            "html": "<h1>Order Shipped</h1><p>Hi {{name}}, your order #{{order_id}} is on the way!</p>",
            "text": "Order Shipped\n\nHi {{name}}, your order #{{order_id}} is on the way!",
            "template_data": ["name": "John", "order_id": "12345"],
            "tags": ["transactional", "shipping"],
            "metadata": ["user_id": "usr_123", "order_id": "ord_456"],
        ]),
        responses: [.init(202, "On disk and queued.", .record(["data": sent]))] + refused)

    package static let batch = RouteInfo(
        summary: "Send up to \(maxBatchMessages) messages in one request",
        details: "Either `messages`, or one message with `recipient_variables`: then each recipient gets a "
            + "message of his own, in which subject and bodies are filled in for him. Each message is "
            + "checked alone and takes one from the rate; the answer tells what became of each, in the "
            + "order of the request.",
        tag: "Messages", scope: "emails:send", parameters: [idempotencyKey],
        requestSchema: Schema.oneOf(
            .object(["messages": Schema.array(message).required]).named("BatchOfMessages"),
            message.with([
                "recipient_variables": Schema.map(of: .map(of: .any)).described(
                    "By address: what is filled in for this recipient. In place of `to`.")
            ]).named("BatchOfRecipients")
        ).example([
            "messages": [
                [
                    "from": "hello@yourdomain.com", "to": "alice@example.com", "subject": "Your invoice",
                    "html": "<p>Invoice #001 attached.</p>",
                ],
                [
                    "from": "hello@yourdomain.com", "to": "bob@example.com", "subject": "Your receipt",
                    "html": "<p>Receipt #002 attached.</p>",
                ],
            ]
        ]),
        responses: [.init(200, "What became of each message.", .record(["data": batchAnswer]))] + common)

    package static let cancel = RouteInfo(
        summary: "Withdraw a scheduled message", tag: "Messages", scope: "emails:send",
        responses: [
            .init(200, "It will not be sent.", .record(["data": cancelled])),
            .init(404, "There is no such message.", codes: ["message_not_found"]),
            .init(409, "It does not wait for its time any more.", codes: ["not_scheduled"]),
            .init(
                503, "The node that holds it does not answer.",
                codes: ["node_unreachable", "other_plane_unreachable"]),
        ])

    private static let refused: [RouteInfo.Response] =
        [
            .init(
                400, "Something about the message is wrong, or the quota is used.",
                codes: [
                    "invalid_from_address", "invalid_to_address", "missing_subject", "missing_body",
                    "too_many_attachments", "invalid_template", "missing_variable", "invalid_variable",
                    "header_not_allowed", "too_many_recipients", "recipient_suppressed", "quota_exceeded",
                ]),
            .init(403, "Not from this sender, or not for this caller.", codes: ["domain_not_verified"]),
            .init(404, "There is no such template.", codes: ["invalid_template"]),
            .init(
                413, "The message or a file is too large.",
                codes: ["attachment_too_large", "message_too_large"]),
        ] + common

    private static let common: [RouteInfo.Response] = [
        .init(
            409, "The key was used with another body, or the first request is still running.",
            codes: ["idempotency_key_reused", "request_in_progress"]),
        .init(503, "No node can take it now.", codes: ["no_node_available", "overloaded", "stopping"]),
        .init(
            504, "It may have been queued: repeat it with its `Idempotency-Key`.",
            codes: ["outcome_unknown"]),
        .init(507, "The node's disk is full.", codes: ["storage_full"]),
    ]

    private static let idempotencyKey = RouteInfo.Parameter.header(
        "Idempotency-Key", .string.described("1 to 256 printable characters."))
}
