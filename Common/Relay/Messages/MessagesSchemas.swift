import HTTP
import NodeProtocol

extension MessagesRoutes {
    /// An address, or several.
    package static let addresses = Schema.oneOf(.string, .array(.string))
    /// The same in an answer.
    package static let recipients = Schema.oneOf(.string, .array(.string)).example("john@example.com")

    /// What `send` and `analyze` take, and what a batch has several of.
    package static let message = Schema.object([
        "from": .string.described("Required. On a verified domain of the tenant."),
        "to": addresses.described("Required."), "cc": addresses,
        "bcc": addresses.described("Never part of the message."), "reply_to": addresses,
        "subject": .string.described(
            "Required, unless `template_id` is given: then it takes the place of the template's."),
        "html": .string.described(
            "One of `html` and `text` is required, unless `template_id` is given: then both are ignored."),
        "text": .string, "headers": .map(of: .string),
        "attachments": .array(attachment).described("At most \(MessageBody.maxAttachments)."),
        "template_id": .string.described("UUID or slug of a template."),
        "template_data": .map(of: .any).described("Values for `{{placeholders}}`."),
        "tags": .array(.string),
        "metadata": .map(of: .oneOf(.string, .number, .boolean)).described("Kept as texts."),
        "tracking": .object([
            "opens": .boolean.described("Else true."), "clicks": .boolean.described("Else true."),
        ]),
        "scheduled_at": .dateTime.described("At most 366 days ahead."),
        "optimize_send_time": .boolean.described(
            "Leaves in the hour of the coming 24 in which its recipients opened most before, else at once."),
        "stream": .choice(MessageRules.streams),
    ]).named("MessageRequest")

    private static let attachment = Schema.object([
        "filename": .string.required,
        "content": .string.required.described("Base64 of at most \(MessageBody.maxAttachmentBytes) bytes."),
        "content_type": .string,
        "content_id": .string.described("Shown inside the HTML as `cid:<content_id>`."),
    ]).named("MessageAttachment")

    private static let scheduledAt = Schema.dateTime.optional.described(
        "Of a scheduled message, or one whose time was to be found.")
    private static let optimized = Schema.boolean.optional.described(
        "Whether the time is that of the recipients' history.")
    private static let optimizedReason = Schema.choice("no_history", "history_unavailable").optional
        .described(
            "Why it is not.")

    static let sent = Schema.record([
        "id": .uuid, "message_id": .string.example("<abc123@yourdomain.com>"),
        "from": .string.example("hello@yourdomain.com"), "to": recipients,
        "subject": .string.example("Your order has shipped"), "status": .choice("queued", "scheduled"),
        "tags": Schema.array(.string).example(["transactional", "shipping"]),
        "metadata": Schema.map(of: .string).example(["user_id": "usr_123", "order_id": "ord_456"]),
        "suppressed": Schema.array(.string).optional.described(
            "Left out, because they are on the suppression list."),
        "scheduled_at": scheduledAt, "optimized": optimized, "optimized_reason": optimizedReason,
        "created_at": .dateTime,
    ]).named("SentMessage")

    static let batchAnswer = Schema.record([
        "total": .integer.example(2), "queued": .integer.example(2), "errors": .integer.example(0),
        "messages": .array(
            .record([
                "index": .integer.example(0), "status": .choice("queued", "scheduled", "error"),
                "id": .uuid.optional.example("550e8400-e29b-41d4-a716-446655440000"),
                "to": recipients.optional, "scheduled_at": scheduledAt, "optimized": optimized,
                "optimized_reason": optimizedReason, "code": .string.optional, "message": .string.optional,
                "field": .string.optional,
            ]).named("BatchElement")),
    ]).named("BatchResult")

    static let cancelled = Schema.record([
        "id": .uuid, "status": .choice("cancelled"), "created_at": .dateTime,
    ]).named("CancelledMessage")
}
