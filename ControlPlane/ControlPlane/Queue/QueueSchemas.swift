import HTTP

extension Schema {
    /// What each node said, and how many of them failed.
    static func ofNodes(_ result: Schema, message: String? = nil) -> Schema {
        .data(
            .record([
                "nodes": .array(
                    .record([
                        "node": .integer.example(1), "name": .string.example("mx-1"),
                        "result": result.usuallyThere,
                        "error": Schema.record([
                            "status": .integer.nullable, "code": .string.example("unreachable"),
                            "message": .string.example("The node did not answer."),
                        ]).named("NodeRefusal").nullable,
                    ])),
                "failed": .integer.example(0),
            ])
        ).withMessage(message)
    }

    /// Answers of some nodes have their own message, and of all of them another.
    private func withMessage(_ text: String?) -> Schema {
        with(["message": .string.optional.example(.string(text ?? "1 of 2 nodes failed."))])
    }
}

extension RestrictionAnswer {
    static let schema = Schema.record([
        "id": .string.example("op-1"), "origin": .choice("operator", "rule", "warm_up"),
        "rule": .string.optional, "lane": .string.optional, "tenant": .uuid.optional,
        "destination": .string.optional.example("*.example.com"), "limits": LimitsBody.schema.optional,
        "reason": .string.example("Asked by the postmaster"), "evidence": .string.optional,
        "since": .dateTime, "until": .dateTime.nullable, "is_cancelled": .boolean,
    ]).named("Restriction")
}

extension RestrictionsAnswer {
    static let schema = Schema.record(["restrictions": .array(RestrictionAnswer.schema)])
}

extension LaneAnswer {
    static let counts = Schema.record([
        "scheduled": .integer, "queued": .integer.example(3), "sending": .integer.example(1),
        "deferred": .integer, "held": .integer,
    ]).named("QueueCounts")

    static let schema = Schema.record([
        "lane": .string.example("smtp->default@mx.example.com"), "transport": .string.example("smtp"),
        "source": .string.example("default"), "destination": .string.example("mx.example.com"),
        "provider": .string.example("default"), "counts": counts, "tenants": .integer.example(1),
        "connections": .integer.example(1), "in_flight": .integer.example(1),
        "connection_limit": .integer.example(20), "max_messages_per_connection": .integer.example(100),
        "messages_per_second": .number.optional, "spacing_milliseconds": .integer,
        "adapted_since": .dateTime.optional, "adapted_reason": .string.optional,
        "paused_until": .dateTime.optional, "restrictions": .array(RestrictionAnswer.schema),
        "last_reply": .string.optional,
    ]).named("Lane")
}

extension LanesAnswer {
    static let schema = Schema.record([
        "lanes": .array(LaneAnswer.schema), "counts": LaneAnswer.counts, "lane_count": .integer.example(1),
    ])
}

extension ExplanationAnswer {
    static let schema = Schema.record([
        "id": .uuid, "tenant": .uuid, "node": .integer.example(1),
        "items": .array(
            .record([
                "recipients": Schema.array(.string.example("recipient@example.com")),
                "state": .string.example("deferred"), "waits_for": .string.example("retry"),
                "sentence": .string.example("Waits for its next attempt."),
                "restriction": RestrictionAnswer.schema.optional, "attempts": .integer.example(1),
                "next_attempt_at": .dateTime.nullable, "deadline": .dateTime, "place": .integer.optional,
                "tenants_in_lane": .integer.example(1), "last_reply": .string.optional,
                "lane": LaneAnswer.schema,
            ]).named("WaitingItem")),
    ]).named("WaitingMessage")
}
