import HTTP

extension CapturedItem {
    static let schema = Schema.record([
        "id": .uuid, "tenant_id": .uuid, "from_address": .string.example("hello@yourdomain.com"),
        "to_addresses": Schema.array(.string.example("recipient@example.com")),
        "cc_addresses": .array(.string), "bcc_addresses": .array(.string),
        "subject": .string.example("Welcome"), "size_bytes": .integer.example(2048),
        "has_attachments": .boolean, "tags": .array(.string), "door": .string.example("smtp"),
        "accepted_at": .dateTime, "expires_at": .dateTime,
        "content_kept": .boolean.example(true).described("Whether the message itself can be read."),
        "content_note": .string.nullable.described("Why it cannot be."),
    ]).named("CapturedEmail")
}

extension CapturedMessage {
    static let schema = CapturedItem.schema.with([
        "envelope": .record([
            "from": .string.nullable.example("hello@yourdomain.com")
                .described("Empty is the null sender; `null` when the content was not kept."),
            "to": Schema.array(.string.example("recipient@example.com")),
        ]).named("CapturedEnvelope"),
        "metadata": .map(of: .string),
        "headers": .array(
            .record(["name": .string.example("Subject"), "value": .string.example("Welcome")])
                .named("CapturedHeader")),
        "text": .string.nullable.example("Hello"), "html": .string.nullable.example("<p>Hello</p>"),
        "attachments": .array(
            .record([
                "filename": .string.nullable.example("invoice.pdf"),
                "content_type": .string.example("application/pdf"), "inline": .boolean,
                "content_id": .string.nullable, "size_bytes": .integer.example(48_000),
            ]).named("CapturedAttachment")),
    ]).named("CapturedMessage")
}
