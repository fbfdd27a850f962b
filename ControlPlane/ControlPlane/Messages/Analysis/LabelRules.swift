import NodeProtocol

extension AnalysisRule {
    /// What is asked for beside the message itself: tags, metadata, stream, time.
    static let labels = [
        AnalysisRule(.labels, "invalid_tags", .critical, 50, "Use fewer or shorter tags.") { message in
            MessageRules.problem(tags: message.body.tags ?? []).map { "Allowed are \($0)" }
        },
        AnalysisRule(.labels, "invalid_metadata", .critical, 50, "Keep large data with yourself.") {
            message in
            MessageRules.problem(metadata: (message.body.metadata ?? [:]).mapValues(\.text))
                .map { "Allowed are \($0)" }
        },
        AnalysisRule(
            .labels, "invalid_stream", .critical, 50,
            "Use one of the streams \(MessageRules.streams.joined(separator: " and "))."
        ) { message in
            guard let stream = message.body.stream, !MessageRules.streams.contains(stream) else { return nil }
            return "There is no stream \(stream.prefix(80))"
        },
        AnalysisRule(.labels, "scheduled_too_far", .critical, 50, "Choose an earlier `scheduled_at`.") {
            message in
            (message.body.scheduled_at?.milliseconds)
                .flatMap { MessageRules.problem(scheduledAt: $0, now: message.now) }
        },
        AnalysisRule(
            .labels, "conflicting_send_time", .critical, 50,
            "Give either `scheduled_at` or `optimize_send_time`."
        ) { message in
            message.body.optimize_send_time == true && message.body.scheduled_at != nil
                ? "`optimize_send_time` finds the time that `scheduled_at` gives" : nil
        },
    ]
}
