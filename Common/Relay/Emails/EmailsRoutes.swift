import HTTP

/// The routes of the emails API as both planes document them: a node answers sends and changes of what it
/// holds, the control plane the rest.
package enum EmailsRoutes {
    package static let path = "/api/v1/emails"
    package static let batchPath = path + "/batch"
    package static let onePath = path + "/{id}"
    package static let cancelPath = onePath + "/cancel"
    package static let resendPath = onePath + "/resend"
    package static let maxBatch = 100
    package static let batchMode = "x-batch-validation"
    private static let tag = "Emails"

    package static let send = RouteInfo(
        summary: "Send an email",
        details: "Either raw content (`subject` with `html` or `text`) or a template, not both. The message "
            + "is on disk when this answers. An `Idempotency-Key` makes a repetition safe for 24 hours: it "
            + "answers 200 with the original.",
        tag: tag, scope: "emails:send", parameters: [idempotencyKey], requestSchema: EmailSchemas.request,
        responses: [
            .init(200, "The original of a repetition with the same `Idempotency-Key`.", EmailSchemas.sent),
            .init(202, "On disk, and queued or scheduled.", EmailSchemas.sent),
        ] + refusals + nodeFailures)

    package static let batch = RouteInfo(
        summary: "Send up to \(maxBatch) emails in one request",
        details: "The body is a list of emails, or an object with the list in `emails`. With "
            + "`x-batch-validation: strict`, which is the default, either all are queued or none; with "
            + "`permissive` those that can be are, and `errors` tells of the others. Each takes one from "
            + "the rate; a strict batch that is refused has taken one. A strict batch has at most 64 MiB as "
            + "it is stored. Repeated with its `Idempotency-Key`, a permissive one sends those that were "
            + "refused for now alone.",
        tag: tag, scope: "emails:send",
        parameters: [
            idempotencyKey,
            .header(batchMode, .choice("strict", "permissive").described("`strict` when it is not there.")),
        ],
        requestSchema: .oneOf(
            .array(EmailSchemas.request),
            .object(["emails": Schema.array(EmailSchemas.request).required])
        ).example([
            [
                "from": "hello@yourdomain.com", "to": ["alice@example.com"], "subject": "Hello Alice",
                "html": "<p>Hi Alice!</p>",
            ],
            [
                "from": "hello@yourdomain.com", "to": ["bob@example.com"], "subject": "Hello Bob",
                "text": "Hi Bob!",
            ],
        ]),
        responses: [.init(200, "Each email that was queued, in order.", EmailSchemas.batch)] + refusals
            + nodeFailures)

    package static let list = RouteInfo(
        summary: "List emails", details: "The newest first, without bodies and attempts.", tag: tag,
        scope: "emails:read",
        parameters: [
            .query(
                "status",
                .string.described(
                    "One or more words, separated by commas. No email of the list is `sent` or "
                        + "`delivering`: until an attempt has ended it is `queued`.")),
            .query(
                "mode",
                .choice("live", "test", "all").described(
                    "Whether the emails of test keys are listed: `test` for a test key, else `live`.")),
            .query("limit", .integer.described("1 to 100, else 50.")),
            .query("offset", .integer.described("How many to leave out.")),
            .query("after", .uuid.described("Only what is older than this email.")),
            .query("before", .uuid.described("Only what is newer than this email.")),
        ],
        responses: [.init(200, "The emails.", EmailSchemas.list)])

    package static let show = RouteInfo(
        summary: "Get an email",
        details: "With its bodies and attachments as they were accepted, its recipients and every attempt. "
            + "Each opening of the body is kept in the audit log.",
        tag: tag, scope: "emails:read",
        responses: [.init(200, "The email.", EmailSchemas.detail), unknown])

    package static let cancel = RouteInfo(
        summary: "Cancel a scheduled email", tag: tag, scope: "emails:send",
        responses: [.init(200, "It will not be sent.", EmailSchemas.cancelled)] + changeFailures)

    package static let update = RouteInfo(
        summary: "Move a scheduled email to another time", tag: tag, scope: "emails:send",
        requestSchema: .object([
            "scheduled_at": .dateTime.required.example("2027-06-01T15:00:00Z").described(
                "In the future, at most 366 days ahead."),
            "id": .uuid.described("That of the path, which clients of Resend repeat."),
        ]).example(["scheduled_at": "2027-06-01T15:00:00Z"]),
        responses: [.init(200, "It will be sent then.", EmailSchemas.moved)] + changeFailures)

    package static let resend = RouteInfo(
        summary: "Send an email again",
        details:
            "A new email to the same recipients, equal but for `Date`, `Message-ID`, `X-Dispatch-ID` and "
            + "its links: it is tracked and can be left as the first, by links of its own. `resent_from` "
            + "names the first. It needs the body that the log kept.",
        tag: tag, scope: "emails:send", parameters: [idempotencyKey],
        responses: [
            .init(200, "The original of a repetition with the same `Idempotency-Key`.", EmailSchemas.sent),
            .init(202, "On disk and queued.", EmailSchemas.sent), unknown,
            .init(
                409, "The log keeps no body of it, or the key was used otherwise.",
                codes: ["body_not_kept", "idempotency_key_reused", "request_in_progress"]),
        ] + refusals.filter { ![404, 409].contains($0.status) } + nodeFailures)

    // MARK: Errors beside those that follow from what a route is

    private static let refusals: [RouteInfo.Response] = [
        .init(
            400, "A field is wrong; `field` names it.",
            codes: [
                "content_conflict", "too_many_attachments", "header_not_allowed", "too_many_recipients",
                "recipient_suppressed", "missing_variable", "invalid_variable",
            ]),
        .init(402, "The month's quota is used.", codes: ["quota_exceeded"]),
        .init(403, "Not from this sender, or not for this caller.", codes: ["domain_not_verified"]),
        .init(404, "There is no such template.", codes: ["template_not_found"]),
        .init(
            409, "The key was used with another body, or the first request is still running.",
            codes: ["idempotency_key_reused", "request_in_progress"]),
        .init(
            413, "The message or its attachments are too large, or the batch as a whole.",
            codes: ["message_too_large", "attachments_too_large", "batch_too_large"]),
        .init(
            429, "Too much in this minute, or on this day.", codes: ["rate_limited", "daily_quota_exceeded"]),
    ]
    private static let nodeFailures: [RouteInfo.Response] = [
        .init(503, "No node can take it now.", codes: ["no_node_available", "overloaded", "stopping"]),
        .init(
            504, "It may have been queued: repeat it with its `Idempotency-Key`.", codes: ["outcome_unknown"]
        ),
        .init(507, "The node's disk is full.", codes: ["storage_full"]),
    ]
    private static let changeFailures: [RouteInfo.Response] = [
        unknown, .init(409, "It does not wait for its time any more.", codes: ["not_scheduled"]),
        .init(503, "The node that holds it cannot be reached.", codes: ["node_unreachable"]),
        .init(504, "It may have been done: look before it is repeated.", codes: ["outcome_unknown"]),
    ]
    private static let unknown = RouteInfo.Response(
        404, "There is no such email.", codes: ["email_not_found"])

    private static let idempotencyKey = RouteInfo.Parameter.header(
        "Idempotency-Key", .string.described("1 to 256 printable characters."))
}
