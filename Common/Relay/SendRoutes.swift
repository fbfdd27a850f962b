import HTTP
import NodeProtocol

/// The sending routes of the tenants' API: a node answers them, the control plane passes them on, and both
/// document them alike.
package enum SendRoutes {
    package static let prefix = "/api/v1/dispatch/tenants/{tenant_id}"
    package static let maxBulkMessages = 100
    /// What a request with one message is at most: 25 MiB as base64 inside JSON, and the rest of it.
    package static let maxBodyBytes = 36 * 1024 * 1024
    /// What a request with several messages is at most.
    package static let maxBulkBodyBytes = 64 * 1024 * 1024

    package static let send = RouteInfo(
        summary: "Send a single email",
        details:
            "The message is on disk when this answers. With `template_id` the template gives the subject "
            + "and both bodies. With `stream` bulk, or `{{unsubscribe_url}}` in a body, readers can leave by "
            + "one click (RFC 8058). An `Idempotency-Key` makes a repetition safe for 24 hours.",
        tag: "Sending", scope: "emails:send", parameters: [idempotencyKey], requestSchema: message,
        responses: [
            .init(202, "On disk and queued.", answer),
            .init(
                400, "A field is wrong, every recipient is suppressed, or the quota is used.", codes: codes
            ),
            .init(403, "Not from this sender, or not for this caller.", codes: ["domain_not_verified"]),
            .init(404, "There is no such tenant or template.", codes: ["template_not_found"]),
            repeated,
            .init(413, "The message is larger than the plan allows.", codes: ["message_too_large"]),
            .init(503, "No node can take it now.", codes: ["no_node_available", "overloaded", "stopping"]),
            .init(
                504, "It may have been queued: repeat it with its `Idempotency-Key`.",
                codes: ["outcome_unknown"]),
            .init(507, "The node's disk is full.", codes: ["storage_full"]),
        ])

    package static let sendBulk = RouteInfo(
        summary: "Send up to \(maxBulkMessages) emails in one request",
        details:
            "Each message is checked alone and takes one from the rate: the answer is 200 with a result for "
            + "each, in their order. Repeated with its `Idempotency-Key`, it sends those that were refused "
            + "for now alone.",
        tag: "Sending", scope: "emails:send", parameters: [idempotencyKey],
        requestSchema: .object(["messages": Schema.array(message).required]).example([
            "messages": [
                [
                    "from": "hello@yourdomain.com", "to": ["alice@example.com"], "subject": "Hello Alice",
                    "html_body": "<p>Hi Alice!</p>",
                ],
                [
                    "from": "hello@yourdomain.com", "to": ["bob@example.com"], "subject": "Hello Bob",
                    "template_id": "welcome-email",
                    "template_variables": ["user_name": "Bob", "company": "Acme Inc"],
                ],
            ]
        ]),
        responses: [
            .init(200, "A result for each message, in order.", bulkAnswer), repeated,
            .init(503, "No node can take it now.", codes: ["no_node_available", "overloaded", "stopping"]),
            .init(
                504, "It may have been queued: repeat it with its `Idempotency-Key`.",
                codes: ["outcome_unknown"]),
        ])

    /// The refusals of a sending route of the other dialects, and what may become of a relayed one.
    package static let refusals: [RouteInfo.Response] = [
        .init(400, "A field is wrong, every recipient is suppressed, or the quota is used.", codes: codes),
        .init(403, "Not from this sender, or not for this caller.", codes: ["domain_not_verified"]), repeated,
        .init(413, "The message is larger than the plan allows.", codes: ["message_too_large"]),
        .init(503, "No node can take it now.", codes: ["no_node_available", "overloaded", "stopping"]),
        .init(
            504, "It may have been queued: repeat it with its `Idempotency-Key`.", codes: ["outcome_unknown"]
        ),
        .init(507, "The node's disk is full.", codes: ["storage_full"]),
    ]

    private static let codes = [
        "recipient_suppressed", "quota_exceeded", "missing_variable", "invalid_variable",
        "header_not_allowed",
        "too_many_recipients",
    ]

    private static let repeated = RouteInfo.Response(
        409, "The key was used with another body, or the first request is still running.",
        codes: ["idempotency_key_reused", "request_in_progress"])

    package static let idempotencyKey = RouteInfo.Parameter.header(
        "Idempotency-Key", .string.described("1 to 256 printable characters."))

    private static let addresses = Schema.oneOf(.array(.string), .string)

    /// One message of the tenants' API.
    package static let message = Schema.object([
        "from": .string.required.example("hello@yourdomain.com").described(
            "On a verified domain of the tenant."),
        "to": addresses.required.example(["recipient@example.com"]), "cc": addresses,
        "bcc": addresses.described("Never part of the message."), "reply_to": addresses,
        "subject": .string.example("Welcome to our platform").described(
            "Required, unless `template_id` is given, whose subject takes its place."),
        "html_body": .string.example("<h1>Welcome!</h1><p>Thanks for signing up.</p>").described(
            "Ignored with `template_id`."),
        "text_body": .string.example("Welcome! Thanks for signing up.").described(
            "Ignored with `template_id`."),
        "template_id": .string.described("UUID or slug of a template."),
        "template_variables": .map(of: .any).described("Values for `{{variable}}` in the template."),
        "use_master_template": .boolean.described("Puts the master template around the HTML."),
        "headers": .map(of: .string), "attachments": .array(.attachment), "tags": .array(.string),
        "metadata": .map(of: .string),
        "stream": Schema.choice(MessageRules.streams).described(
            "Else transactional. What is bulk has List-Unsubscribe and List-Unsubscribe-Post."),
        "tracking": Schema.object(["opens": .boolean, "clicks": .boolean]).described("Off unless asked for."),
        "scheduled_at": .dateTime.described("At most 366 days ahead."),
    ]).named("Message")

    private static let answer = Schema.record([
        "data": .record([
            "id": .uuid, "message_id": .uuid,
            "queued": Schema.array(.string.example("recipient@example.com")),
            "suppressed": .array(.string).described("Left out, because they are on the suppression list."),
            "status": .choice("queued", "scheduled"),
        ]).named("Sent"),
        "message": .string.example("1 email(s) queued for delivery"),
    ])

    private static let bulkAnswer = Schema.record([
        "data": .record([
            "sent": .integer.example(2), "failed": .integer.example(0),
            "results": Schema.array(
                .record([
                    "index": .integer.example(0), "success": .boolean.example(true),
                    "message": .string.example("1 recipient(s) queued"), "id": .uuid.optional,
                    "code": .string.optional, "field": .string.optional,
                ]).named("BulkResult")),
        ]),
        "message": .string.example("2 email(s) queued, 0 failed"),
    ])
}

extension Schema {
    /// A file inside a JSON request.
    package static let attachment = Schema.object([
        "filename": .string.required, "content_type": .string,
        "content": .string.required.described("Base64."),
        "inline": .boolean.described("Shown inside the HTML as `cid:<content_id>`."),
        "content_id": .string.described("Without angle brackets."),
    ]).named("Attachment")
}
