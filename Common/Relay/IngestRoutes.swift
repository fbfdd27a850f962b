import HTTP
import NodeProtocol

/// The routes of the ingestion API: a node answers them, the control plane passes sends on and answers the
/// rest, and both document them alike.
package enum IngestRoutes {
    package static let path = "/api/v1/messages"
    /// The words of the states, for the list's filter too.
    package static let states = ["queued", "processing", "delivered", "retrying", "failed"]

    package static let send = RouteInfo(
        summary: "Submit a message",
        details:
            "The message is on disk when this answers. Forms have the fields of Mailgun's `messages`: "
            + "`o:tag` for `tags`, `h:Name` for `headers`, `v:name` for `metadata`, repeated `attachment` "
            + "and `inline` files, `o:deliverytime`, `o:tracking`, `o:tracking-opens`, `o:tracking-clicks`, "
            + "`o:testmode`, `o:require-tls`, `o:stream`. An `Idempotency-Key` makes a repetition safe for "
            + "24 hours.",
        tag: "Messages", scope: "emails:send", parameters: [SendRoutes.idempotencyKey],
        requestSchema: message,
        requestContentTypes: [
            "application/json", "multipart/form-data", "application/x-www-form-urlencoded",
        ],
        responses: [.init(202, "On disk and queued.", queued)] + SendRoutes.refusals + [
            .init(415, "The body is neither JSON nor a form.", codes: ["unsupported_media_type"])
        ])

    package static let list = RouteInfo(
        summary: "Recent messages of the calling key",
        details: "Newest first. What was sent with another key is not among them.",
        tag: "Messages", scope: "emails:read",
        parameters: [
            .query("limit", .integer.described("1 to 200, else 50.")),
            .query(
                "status",
                .string.described(
                    "\(states.joined(separator: ", ")); several by commas. The list knows no `processing`: "
                        + "until an attempt has ended a message is `queued` or `retrying` in it.")),
        ],
        responses: [
            .init(200, "The messages.", .record(["messages": .array(listed)]))
        ])

    package static let status = RouteInfo(
        summary: "The status of a message",
        details:
            "`processing` is on its way now, which the node that holds the message knows; `retrying` waits "
            + "for its next attempt.",
        tag: "Messages", scope: "emails:read",
        responses: [
            .init(200, "What is known of it.", state), .init(404, "There is no such message.", unknown),
        ])

    private static let addresses = Schema.oneOf(.array(.string), .string)

    private static let message = Schema.object([
        "from": .string.required.example("hello@yourdomain.com").described(
            "On a verified domain of the tenant."),
        "to": addresses.required.example(["Jane Doe <recipient@example.com>"]), "cc": addresses,
        "bcc": addresses.described("Never part of the message."),
        "subject": .string.example("Hello"),
        "text": .string.example("Plain text body").described("This or `html` is required."),
        "html": .string.example("<p>HTML body</p>"),
        "headers": Schema.map(of: .string).example(["Reply-To": "support@yourdomain.com"]),
        "tags": Schema.array(.string).example(["welcome", "onboarding"]),
        "metadata": Schema.map(of: .string).example(["order": "4711"]),
        "attachments": .array(.attachment), "stream": .choice(MessageRules.streams),
        "tracking": Schema.object(["opens": .boolean, "clicks": .boolean]).described("Off unless asked for."),
        "scheduled_at": .dateTime.described("At most 366 days ahead."),
    ]).named("IngestMessage")

    private static let id = Schema.string.example("spl_0190a2c4e6f87a1b8c2d4e6f80912a3b")

    private static let queued = Schema.record([
        "id": id, "message": .string.example("Queued. Thank you."),
    ]).named("Queued")

    private static let recipient = Schema.record([
        "address": .string.example("recipient@example.com"), "status": .choice(states), "attempts": .integer,
        "response": .string.optional.described("The remote server's last reply."),
        "nextAttemptAt": .dateTime.optional,
    ]).named("IngestRecipient")

    private static let state = Schema.record([
        "id": id, "status": .choice(states),
        "provider": .string.optional.described("The remote host."),
        "providerMessageId": .string.optional.described("The remote host's id, from its reply."),
        "deliveredAt": .dateTime.optional, "durationMs": .integer.optional,
        "recipients": .array(recipient),
        "error": .string.optional.described("Why it failed."),
    ]).named("IngestStatus")

    private static let listed = Schema.record([
        "id": id, "status": .choice(states), "deliveredAt": .dateTime.optional,
        "from": .string.example("hello@yourdomain.com"),
        "to": Schema.array(.string).example(["recipient@example.com"]),
        "subject": .string.example("Hello"), "tags": Schema.array(.string).example(["welcome"]),
        "createdAt": .dateTime,
    ]).named("IngestListed")

    private static let unknown = Schema.record([
        "id": id, "status": .choice("unknown"), "error": .string.example("there is no such message"),
    ]).named("IngestUnknown")
}
