import FoundationEssentials
import HTTP
import NodeProtocol

/// Withdraws and moves messages that wait for their time, at the node that holds them: the one that accepted
/// a message, else whichever has adopted its spool.
struct ScheduledMessages: Sendable {
    let nodes: NodeControl

    /// - Returns: whether any node holds the message, which is withdrawn then.
    /// - Throws: 409 `not_scheduled` when its time has come, 503 `node_unreachable`.
    func cancel(_ message: MessageID, tenant: TenantID) async throws -> Bool {
        try await tell(ScheduleCommand(message: message, tenant: tenant)) != nil
    }

    /// - Parameter time: one that has passed is at once.
    /// - Returns: whether any node holds the message, which leaves then at that time.
    /// - Throws: 409 `not_scheduled` when its time has come, 400 for a time too far ahead, 503
    ///   `node_unreachable`.
    func move(_ message: MessageID, tenant: TenantID, to time: Date) async throws -> Bool {
        guard let milliseconds = Int64(exactly: (time.timeIntervalSince1970 * 1000).rounded()) else {
            throw APIError(400, "invalid_field", "`scheduled_at` is out of range.", field: "scheduled_at")
        }
        return try await tell(ScheduleCommand(message: message, tenant: tenant, moveTo: milliseconds)) != nil
    }

    private func tell(_ command: ScheduleCommand) async throws -> ScheduleResult? {
        let question = try NodeControl.Question.post(QueuePaths.schedule, command)
        let all = try await nodes.nodes()
        let first = all.filter { $0.number == Int(command.message.node) }
        if let result = try await ask(first, question) { return result }
        return try await ask(all.filter { $0.number != Int(command.message.node) }, question)
    }

    /// The answer of the one that holds the message; nil when all say that they do not.
    private func ask(
        _ asked: [NodeControl.Node], _ question: NodeControl.Question
    ) async throws -> ScheduleResult? {
        let answers = await nodes.ask(asked.map { ($0, question) }, for: ScheduleResult.self)
        var unknown: NodeControl.Refusal?
        for (_, answer) in answers {
            switch answer {
            case .success(let result): return result
            case .failure(let refusal) where refusal.status == 404: continue
            case .failure(let refusal):
                guard let status = refusal.status, status < 500 else {
                    unknown = refusal
                    continue
                }
                throw APIError(HTTPStatus(status), refusal.code, refusal.message)
            }
        }
        guard let unknown else { return nil }
        throw APIError(503, "node_unreachable", unknown.message, retryAfterSeconds: 5)
    }
}
