import HTTP
import NodeProtocol

extension EmailListItem {
    static let statuses = Array(
        Set(RecipientState.allCases.map(\.tenantWord)).sorted { $0 != "suppressed" && $0 < $1 })

    static let schema = Schema.record([
        "id": .uuid, "message_id": .string.nullable.example("0f8fad5b@yourdomain.com"),
        "from_address": .string.example("hello@yourdomain.com"),
        "to_addresses": Schema.array(.string.example("recipient@example.com")),
        "subject": .string.example("Welcome"), "body_size_bytes": .integer.example(2048),
        "has_attachments": .boolean, "status": .choice(statuses).example("delivered"),
        "bounce_type": .string.nullable, "queued_at": .dateTime,
        "delivered_at": .dateTime.nullable.example("2026-03-01T10:00:05Z"),
        "bounced_at": .dateTime.nullable, "expires_at": .dateTime, "tags": .array(.string),
        "mode": EmailFilter.mode.example("live"),
    ]).named("Email")
}

extension EmailRecipientView {
    static let schema = Schema.record([
        "address": .string.example("recipient@example.com"),
        "status": .choice(EmailListItem.statuses).example("delivered"), "attempts": .integer.example(1),
        "response_code": .integer.nullable.example(250), "enhanced_code": .string.nullable.example("2.0.0"),
        "response": .string.nullable.example("250 2.0.0 Ok"),
        "remote_host": .string.nullable.example("mx.example.com"),
        "bounce_classification": .string.nullable, "last_attempt_at": .dateTime.nullable,
        "next_attempt_at": .dateTime.nullable, "finished_at": .dateTime.nullable,
    ]).named("EmailRecipient")
}

extension EmailEventView {
    static let schema = Schema.record([
        "event": .string.example("delivered"), "at": .dateTime, "node": .integer.example(1),
        "recipient": .string.nullable.example("recipient@example.com"), "attempt": .integer.optional,
        "response_code": .integer.optional, "enhanced_code": .string.optional, "response": .string.optional,
        "bounce_classification": .string.optional, "remote_host": .string.optional,
        "duration_ms": .integer.optional, "next_attempt_at": .dateTime.optional,
        "url": .string.optional, "user_agent": .string.optional, "network": .string.optional,
        "machine": .boolean.optional.described("Whether a proxy, a scanner or a bot opened or clicked."),
        "machine_reason": .string.optional.described("The rule that took it for one."),
    ]).named("EmailEvent")
}

extension EmailDetail {
    static let schema = EmailListItem.schema.with([
        "body": .string.nullable.example("Hello"), "html_body": .string.nullable.example("<p>Hello</p>"),
        "attachments": .array(
            .record([
                "filename": .string.nullable.example("invoice.pdf"),
                "content_type": .string.example("application/pdf"), "inline": .boolean,
                "size_bytes": .integer.example(48_000),
            ]).named("EmailAttachment")),
        "metadata": .map(of: .string), "bounce_classification": .string.nullable,
        "bounce_details": .string.nullable, "complained_at": .dateTime.nullable,
        "opened_at": .dateTime.nullable, "clicked_at": .dateTime.nullable,
        "recipients": .array(EmailRecipientView.schema), "events": .array(EmailEventView.schema),
    ]).named("EmailDetail")
}

extension QueueRoutes.Summary {
    static let schema = Schema.record([
        "total": .integer.example(3), "queued": .integer.example(1), "deferred": .integer.example(2),
        "scheduled": .integer, "oldest_age_seconds": .integer.example(840),
        "destinations": .array(
            .record([
                "domain": .string.example("example.com"), "total": .integer.example(3),
                "queued": .integer.example(1), "deferred": .integer.example(2), "scheduled": .integer,
                "oldest_age_seconds": .integer.example(840), "next_attempt_at": .dateTime.nullable,
                "last_response": .string.nullable.example("451 4.7.1 Try again later"),
            ]).named("QueueDestination")),
    ]).named("QueueSummary")
}

extension QueueRoutes.Explanation {
    static let schema = Schema.record([
        "id": .uuid, "status": .choice(EmailListItem.statuses).example("deferred"), "queued_at": .dateTime,
        "recipients": .array(EmailRecipientView.schema),
    ]).named("QueueExplanation")
}

extension UsageRoutes.Usage {
    static let schema = Schema.record([
        "period_start": .dateTime.example("2026-03-01T00:00:00Z"),
        "period_end": .dateTime.example("2026-04-01T00:00:00Z"), "emails_sent": .integer.example(4250),
        "monthly_quota": .integer.nullable.example(10_000),
        "overage_emails": .integer.described("Beyond the quota, where overage lets them pass."),
        "emails_sent_today": .integer.example(180), "daily_quota": .integer.nullable.example(500),
        "overage_enabled": .boolean,
        "stats": .record([
            "messages": .integer.example(4000), "recipients": .integer.example(4250),
            "delivered": .integer.example(4100), "deferred": .integer.example(120),
            "hard_bounced": .integer.example(50), "soft_bounced": .integer.example(78),
            "expired": .integer.example(2), "failed": .integer, "cancelled": .integer, "suppressed": .integer,
            "complained": .integer.example(2), "opened": .integer, "clicked": .integer,
            "unsubscribed": .integer, "bytes": .integer.example(8_704_000),
        ]),
        "breakdown": .record([
            "total": .integer.example(4250), "delivered": .integer.example(4100),
            "hard_bounce": .integer.example(50), "soft_bounce": .integer.example(80),
            "complaint": .integer.example(2),
        ]),
        "rates": .record([
            "delivery_rate_pct": .number.example(96), "hard_bounce_rate_pct": .number.example(1.2),
            "soft_bounce_rate_pct": .number.example(1.9), "complaint_rate_pct": .number.example(0.047),
        ]),
    ]).named("Usage")
}
