import HTTP
import NodeProtocol

/// The shapes of the emails API, for its document.
package enum EmailSchemas {
    package static let statuses = [
        "queued", "scheduled", "sent", "delivering", "delivered", "failed", "bounced", "cancelled",
    ]

    private static let addresses = Schema.oneOf(.array(.string), .string)
    private static let id = Schema.uuid.example("0f8fad5b-d9cb-469f-a165-70867728950e")
    private static let time = Schema.dateTime.nullable.example("2026-03-01T10:00:00.000Z")
    private static let someone = Schema.array(.string.example("user@example.com"))

    static let request = Schema.object([
        "from": .string.example("billing@yourdomain.com").described(
            "On a verified domain of the tenant. Either this or `from_`."),
        "from_": .string.described("The same as `from`."),
        "to": addresses.required.example(["user@example.com"]), "cc": addresses,
        "bcc": addresses.described("Never part of the message."), "reply_to": addresses,
        "subject": .string.example("Your receipt").described("Required, unless there is a template."),
        "html": .string.example("<p>Thanks for your order.</p>"),
        "text": .string.example("Thanks for your order."),
        "template_id": .string.nullable.described("UUID or slug of a template, in place of raw content."),
        "template_vars": .map(of: .any).described("Values for `{{variable}}` in the template."),
        "template": .object([
            "id": .string.required, "variables": .map(of: .any),
        ]).described("The same in Resend's way."),
        "domain_id": .uuid.nullable.described("A verified domain, which `from` must be of."),
        "headers": .map(of: .string), "metadata": .map(of: .string),
        "tags": .oneOf(
            .array(.string),
            .array(.object(["name": Schema.string.required, "value": Schema.string.required]))
        ).described("Words, or pairs, which are kept as metadata."),
        "stream": .choice(MessageRules.streams),
        "track_opens": .boolean.described("`false` when it is not there."),
        "track_clicks": .boolean.described("`false` when it is not there."),
        "enable_unsubscribe": .boolean.described(
            "Adds List-Unsubscribe and List-Unsubscribe-Post (RFC 8058) and a link."),
        "scheduled_at": .dateTime.nullable.described("In the future, at most 366 days ahead."),
        "attachments": .array(attachment).described("At most 5, of 5 MiB together before encoding."),
    ]).named("SendEmail")

    private static let attachment = Schema.object([
        "filename": .string.required, "content_type": .string.described("Guessed from the name otherwise."),
        "content_b64": .string.described("Base64. Either this or `content`."),
        "content": .oneOf(.string, .array(.integer)).described("The same, or a list of bytes."),
        "content_id": .string.described("Shown inside the HTML as `cid:<content_id>`."),
        "inline_content_id": .string.described("The same as `content_id`."),
    ]).named("SendEmailAttachment")

    private static let common = Schema.record([
        "object": .choice("email"), "id": id, "status": .choice(statuses),
        "from_": .string.example("billing@yourdomain.com"), "from": .string.example("billing@yourdomain.com"),
        "to": someone, "cc": .array(.string), "bcc": .array(.string),
        "subject": .string.example("Your receipt"), "template_id": .uuid.nullable, "tags": .array(.string),
        "metadata": .map(of: .string), "scheduled_at": .dateTime.nullable,
        "created_at": .dateTime.example("2026-03-01T10:00:00.000Z"), "queued_at": time, "sent_at": time,
        "delivered_at": time, "track_opens": .boolean, "track_clicks": .boolean,
        "resent_from": .uuid.nullable.described("The email that this one repeats."),
        "mode": .choice("live", "test").described("`test`: it was captured and did not leave."),
        "last_event": .string.example("queued").described("In Resend's words."),
    ])
    private static let item = common.named("EmailInList")

    static let sent = common.with([
        "suppressed": .array(.string).described("Left out, because they are on the suppression list."),
        "attempts": .array(attempt),
    ]).named("SentEmail")

    static let detail = common.with([
        "attempts": .array(attempt), "message_id": .string.nullable.example("<0f8fad5b@yourdomain.com>"),
        "reply_to": .array(.string), "html": .string.nullable.example("<p>Thanks for your order.</p>"),
        "text": .string.nullable.example("Thanks for your order."),
        "attachments": .array(
            .record([
                "filename": .string.nullable.example("invoice.pdf"),
                "content_type": .string.example("application/pdf"), "size_bytes": .integer.example(48_000),
                "inline": .boolean, "content_id": .string.nullable,
            ]).named("AttachmentInEmail")),
        "recipients": .array(
            .record([
                "address": .string.example("user@example.com"), "status": .choice(statuses),
                "attempts": .integer.example(1), "response": .string.nullable.example("250 2.0.0 Ok"),
            ]).named("RecipientOfEmail")),
        "bounced_at": .dateTime.nullable, "complained_at": .dateTime.nullable,
        "opened_at": .dateTime.nullable, "clicked_at": .dateTime.nullable,
    ]).named("EmailInDetail")

    private static let attempt = Schema.record([
        "recipient": .string.nullable.example("user@example.com"), "attempt": .integer.nullable.example(1),
        "at": .dateTime.example("2026-03-01T10:00:05.000Z"),
        "outcome": .choice("delivered", "deferred", "bounced", "expired", "failed"),
        "response_code": .integer.nullable.example(250), "enhanced_code": .string.nullable.example("2.0.0"),
        "response": .string.nullable.example("250 2.0.0 Ok"),
        "provider": .string.nullable.example("mx.example.com"), "next_attempt_at": .dateTime.nullable,
    ]).named("EmailAttempt")

    static let list = Schema.record([
        "object": .choice("list"), "data": .array(item), "has_more": .boolean,
        "total": .integer.example(1), "limit": .integer.example(50), "offset": .integer,
        "total_is_minimum": .boolean.optional.described(
            "`true` where counting stopped: there are more than `total`."),
    ])

    static let batch = Schema.record([
        "data": .array(
            .record([
                "index": .integer, "id": id, "status": .choice("queued", "scheduled"),
                "suppressed": .array(.string),
            ]).named("EmailOfBatch")),
        "errors": .array(
            .record([
                "index": .integer, "code": .string.example("invalid_field"),
                "message": .string.example("`to` is not an address."),
                "field": .string.nullable.example("to"),
            ]).named("ErrorOfBatch")
        ).optional.described("With `permissive` alone."),
    ])

    static let cancelled = Schema.record([
        "object": .choice("email"), "id": id, "status": .choice("cancelled"),
    ])
    static let moved = Schema.record([
        "object": .choice("email"), "id": id, "status": .choice("scheduled"),
        "scheduled_at": .dateTime.example("2027-06-01T15:00:00.000Z"),
    ])

    /// `statusCode`, `name` and `message` are for clients of Resend.
    static let error = Schema.record([
        "detail": .string, "code": .string,
        "field": .string.optional.described("The path of the field at fault."), "request_id": .string,
        "statusCode": .integer.optional, "name": .string, "message": .string,
    ]).named("EmailsError")
}

extension OpenAPIDocument.ErrorStyle {
    /// That of the emails API.
    package static let emails = Self(
        schema: EmailSchemas.error,
        body: { code, message in
            [
                "detail": .string(message), "code": .string(code), "name": .string(code),
                "message": .string(message), "request_id": "5f2b8c1d9e3a4f60a7b8c9d0e1f20314",
            ]
        })
}
