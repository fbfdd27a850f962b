import FoundationEssentials
import HTTP
import HTTPClient
import NodeProtocol
import Postgres

/// Operators' look at the nodes' queues, and their hand on them: every request is passed on to one node
/// (`?node=`) or to all that serve, and each answers for itself.
///
/// A command that names nothing is refused, `everything` has to be said, and what a filter chooses has to be
/// confirmed. What one node could not do is told beside what the others did (207).
struct QueueControlRoutes: Sendable {
    private static let path = "/api/v1/admin/queue"
    private static let node = RouteInfo.Parameter.query(
        "node", .string.described("A node's number or name; left out: all that serve."))

    let context: ControlContext
    let authenticator: Authenticator
    let nodes: NodeControl

    func add(to router: inout Router) {
        router.operators(
            .get, Self.path + "/lanes", authenticator,
            RouteInfo(
                summary: "The lanes that hold something, the fullest first", tag: "queue",
                authentication: .bearer,
                parameters: [
                    Self.node, .query("destination", .string.described("A pattern.")),
                    .query("limit", .integer.described("Lanes of each node, 1 to 1,000; 100 by default.")),
                ], responses: Self.answers("The lanes.", LanesAnswer.schema))
        ) { try await lanes($0) }
        router.operators(
            .get, Self.path + "/restrictions", authenticator,
            RouteInfo(
                summary: "What is suspended or slowed down, why and until when", tag: "queue",
                authentication: .bearer, parameters: [Self.node],
                responses: Self.answers("The restrictions.", RestrictionsAnswer.schema))
        ) { try await restrictions($0) }
        router.operators(
            .post, Self.path + "/suspend", authenticator,
            RouteInfo(
                summary: "Let nothing start on a lane, for a tenant, to a destination, or at all",
                tag: "queue", authentication: .bearer, parameters: [Self.node],
                requestSchema: SuspendBody.schema,
                responses: Self.answers("The restriction.", RestrictionAnswer.schema, "Suspended."))
        ) { try await suspend($0) }
        router.operators(
            .post, Self.path + "/resume", authenticator,
            RouteInfo(
                summary: "End restrictions, by id or by what they were imposed on", tag: "queue",
                authentication: .bearer, parameters: [Self.node],
                requestSchema: ResumeBody.schema,
                responses: Self.answers("What ended.", RestrictionsAnswer.schema, "Resumed."))
        ) { try await resume($0) }
        for (action, summary) in Self.actions {
            router.operators(
                .post, "\(Self.path)/\(action.rawValue)", authenticator,
                RouteInfo(
                    summary: summary,
                    details: "What a filter chooses is counted first (`dry_run` true) and then confirmed "
                        + "(`dry_run` false).", tag: "queue",
                    authentication: .bearer, parameters: [Self.node],
                    requestSchema: SelectorBody.schema,
                    responses: Self.answers("What was chosen.", Self.resultSchema))
            ) { try await command(action, $0) }
        }
        router.operators(
            .get, Self.path + "/messages/{message_id}", authenticator,
            RouteInfo(
                summary: "Why a message still waits",
                details: "Asked of the node that accepted it, which its id names, or of its adopter.",
                tag: "queue",
                authentication: .bearer,
                responses: [
                    .init(200, "What each recipient waits for.", .data(ExplanationAnswer.schema)),
                    .init(404, "It waits no more.", codes: ["message_not_found", "node_not_found"]),
                    .init(502, "The node failed.", codes: ["nodes_failed"]),
                ])
        ) { try await explain($0) }
    }

    private static func answers(
        _ text: String, _ schema: Schema, _ message: String? = nil
    ) -> [RouteInfo.Response] {
        [
            .init(200, text, .ofNodes(schema, message: message)),
            .init(207, "Some nodes failed.", .ofNodes(schema)),
            .init(400, "The request chooses nothing clear.", codes: ["selector_empty", "scope_unclear"]),
            .init(404, "There is no such node, or nothing of that kind.", codes: ["node_not_found"]),
            .init(422, "The nodes refuse it.", codes: ["invalid"]),
            .init(502, "Every node failed.", codes: ["nodes_failed"]),
        ]
    }

    private static let resultSchema = Schema.record([
        "messages": .integer.example(2), "recipients": .integer.example(3), "sending": .integer,
        "is_dry_run": .boolean.example(true),
    ]).named("CommandResult")

    private static let actions: [(QueueCommand.Action, String)] = [
        (.hold, "Keep waiting messages back"), (.release, "Let held messages go on"),
        (.requeue, "Make deferred and scheduled messages due at once"),
        (.cancel, "Withdraw waiting messages"),
    ]

    // MARK: Looking

    private func lanes(_ call: CallerCall) async throws -> HTTPResponse {
        let query = call.request.query
        let limit = try query.integer("limit", default: 100, in: 1...1_000)
        var path = "\(QueuePaths.lanes)?limit=\(limit)"
        if let destination = query["destination"] { path += "&destination=\(HTTPURL.escaped(destination))" }
        return try await all(call, .get(path), for: LaneList.self) { LanesAnswer($0) }.response()
    }

    private func restrictions(_ call: CallerCall) async throws -> HTTPResponse {
        try await all(call, .get(QueuePaths.restrictions), for: RestrictionList.self) {
            RestrictionsAnswer($0)
        }.response()
    }

    private func explain(_ call: CallerCall) async throws -> HTTPResponse {
        guard let message = MessageID(text: call.request.parameter("message_id")) else {
            throw APIError.noSuch("message")
        }
        let holder = try await nodes.heirs()[Int(message.node)] ?? Int(message.node)
        guard let node = try await nodes.nodes().first(where: { $0.number == holder }) else {
            throw APIError(
                404, "node_not_found", "The message belongs to node \(message.node), which does not serve.")
        }
        let answer = await nodes.ask(
            node, .get(QueuePaths.explainPrefix + message.description), for: MessageExplanation.self)
        switch answer {
        case .success(let explanation): return try .data(ExplanationAnswer(explanation, node: node.number))
        case .failure(let refusal): throw APIError(refusal)
        }
    }

    // MARK: Acting

    private func suspend(_ call: CallerCall) async throws -> HTTPResponse {
        let command = try await call.decode(SuspendBody.self).command()
        let question = try NodeControl.Question.post(QueuePaths.suspend, command)
        try await audit("queue.suspend", question, call)
        return try await all(call, question, for: RestrictionView.self) { RestrictionAnswer($0) }
            .response(message: command.limits == nil ? "Suspended." : "Slowed down.")
    }

    private func resume(_ call: CallerCall) async throws -> HTTPResponse {
        let command = try await call.decode(ResumeBody.self).command()
        let question = try NodeControl.Question.post(QueuePaths.resume, command)
        try await audit("queue.resume", question, call)
        var answers = try await ask(call, question, for: RestrictionList.self)
        // A node where nothing fits has nothing to resume; that all of them have not is an error.
        if answers.contains(where: { (try? $0.answer.get()) != nil }) {
            for index in answers.indices {
                guard case .failure(let refusal) = answers[index].answer, refusal.status == 404 else {
                    continue
                }
                answers[index].answer = .success(RestrictionList(restrictions: []))
            }
        }
        return try NodeAnswers(answers.map { ($0.node, $0.answer.map { RestrictionsAnswer($0) }) })
            .response(message: "Resumed.")
    }

    private func command(_ action: QueueCommand.Action, _ call: CallerCall) async throws -> HTTPResponse {
        let body = try await call.decode(SelectorBody.self)
        try body.check()
        let questions = try await questions(action, body, call)
        if body.dryRun != true, let first = questions.first {
            try await audit("queue.\(action.rawValue)", first.question, call)
        }
        let answers = await nodes.ask(questions, for: QueueCommandResult.self)
        return try NodeAnswers(answers).response()
    }

    /// Each message is asked of the node that its id names, or of the one that has adopted its spool.
    private func questions(
        _ action: QueueCommand.Action, _ body: SelectorBody, _ call: CallerCall
    ) async throws -> [(node: NodeControl.Node, question: NodeControl.Question)] {
        let serving = try await serving(call)
        guard let messages = body.messages else {
            let question = try NodeControl.Question.post(
                QueuePaths.command, body.command(action, messages: nil))
            return serving.map { ($0, question) }
        }
        let heirs = try await nodes.heirs()
        let byNode = Dictionary(grouping: messages) { heirs[Int($0.node)] ?? Int($0.node) }
        let known = Set(serving.map(\.number))
        if let lost = byNode.first(where: { !known.contains($0.key) })?.value.first {
            throw APIError(
                404, "node_not_found",
                "The message \(lost) belongs to node \(lost.node), which does not serve or is not the one "
                    + "asked."
            )
        }
        return try serving.compactMap { node in
            guard let own = byNode[node.number] else { return nil }
            return (node, try .post(QueuePaths.command, body.command(action, messages: own)))
        }
    }

    // MARK: Passing on

    private func all<Answer: Decodable & Sendable, Shown: Encodable & Sendable>(
        _ call: CallerCall, _ question: NodeControl.Question, for type: Answer.Type,
        _ shown: (Answer) -> Shown
    ) async throws -> NodeAnswers<Shown> {
        NodeAnswers(try await ask(call, question, for: type).map { ($0.node, $0.answer.map(shown)) })
    }

    private func ask<Answer: Decodable & Sendable>(
        _ call: CallerCall, _ question: NodeControl.Question, for type: Answer.Type
    ) async throws -> [(node: NodeControl.Node, answer: Result<Answer, NodeControl.Refusal>)] {
        await nodes.ask(try await serving(call).map { ($0, question) }, for: type)
    }

    private func serving(_ call: CallerCall) async throws -> [NodeControl.Node] {
        try await nodes.nodes(call.request.query["node"])
    }

    /// Written before it is done: who asked must stand there even when nobody lives to say what came of it.
    private func audit(_ action: String, _ question: NodeControl.Question, _ call: CallerCall) async throws {
        let node = call.request.query["node"] ?? "all"
        let command = String(decoding: question.body ?? [], as: UTF8.self)
        let actor = call.actor
        try await context.pool.transaction(as: .system) { connection in
            try await Audit.write(
                connection, actor, tenant: nil, action, record: ("queue", node),
                detail: ["command": String(command.prefix(4_000))])
        }
    }
}

extension APIError {
    /// What a node said, or 502 when it said nothing that its caller could have caused.
    fileprivate init(_ refusal: NodeControl.Refusal) {
        let isCallers = refusal.status.map { (400..<500).contains($0) && $0 != 401 } ?? false
        self.init(
            isCallers ? HTTPStatus(refusal.status ?? 502) : 502, isCallers ? refusal.code : "nodes_failed",
            refusal.message)
    }
}
