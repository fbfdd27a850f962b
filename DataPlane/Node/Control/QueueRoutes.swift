import EventLoop
import HTTP
import NodeProtocol
import Queue

/// The routes by which the control plane's operators look at this node's queue and control it.
struct QueueRoutes: Sendable {
    private static let maxBodyBytes = 1 << 20
    private static let maxLanes = 1_000

    let dispatcher: LoopBound<Dispatcher>
    /// Throws unless the cluster has signed the request with this body.
    let verify: @Sendable (HTTPRequest, [UInt8]) throws -> Void

    func add(to router: inout Router) {
        router.on(
            .get, QueuePaths.lanes, RouteInfo(summary: "The lanes of the queue", authentication: .none)
        ) { request in
            try verify(request, [])
            let pattern = try request.query["destination"].map { text throws -> DestinationPattern in
                DestinationPattern(text)
            }
            let limit = request.query["limit"].flatMap { Int($0) } ?? 100
            guard (1...Self.maxLanes).contains(limit) else {
                throw APIError(422, "invalid", "limit: 1 to \(Self.maxLanes).")
            }
            return try .json(try await onLoop { $0.laneList(pattern, limit: limit) })
        }
        router.on(
            .get, QueuePaths.restrictions, RouteInfo(summary: "What is in force", authentication: .none)
        ) { request in
            try verify(request, [])
            return try .json(try await onLoop { $0.restrictionList() })
        }
        router.on(
            .post, QueuePaths.suspend, RouteInfo(summary: "Suspend or slow down", authentication: .none)
        ) { request in
            let command = try await read(SuspendCommand.self, request)
            return try .json(try await onLoop { try await $0.suspend(command) })
        }
        router.on(
            .post, QueuePaths.resume, RouteInfo(summary: "End a restriction", authentication: .none)
        ) { request in
            let command = try await read(ResumeCommand.self, request)
            return try .json(try await onLoop { try await $0.resume(command) })
        }
        router.on(
            .post, QueuePaths.command, RouteInfo(summary: "Act on waiting messages", authentication: .none)
        ) { request in
            let command = try await read(QueueCommand.self, request)
            return try .json(try await onLoop { try await $0.command(command) })
        }
        router.on(
            .post, QueuePaths.schedule,
            RouteInfo(summary: "Withdraw or move a scheduled message", authentication: .none)
        ) { request in
            let command = try await read(ScheduleCommand.self, request)
            return try .json(try await onLoop { try await $0.schedule(command) })
        }
        router.on(
            .get, QueuePaths.explainPrefix + "{id}",
            RouteInfo(summary: "Why a message waits", authentication: .none)
        ) { request in
            try verify(request, [])
            guard let id = MessageID(text: request.parameter("id")),
                let explanation = try await onLoop({ try await $0.explain(id) })
            else { throw APIError.notFound }
            return try .json(explanation)
        }
    }

    private func read<Command: Decodable>(_ type: Command.Type, _ request: HTTPRequest) async throws
        -> Command
    {
        let body = try await request.readBody(maxBytes: Self.maxBodyBytes)
        try verify(request, body)
        return try StrictDecoding.decode(type, from: body, unknownFields: .refuse)
    }

    /// Requests may be served on any loop; the queue lives on one.
    private func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (Dispatcher) async throws -> Value
    ) async throws -> Value {
        try await dispatcher.loop.run { [dispatcher] in try await body(dispatcher.value) }
    }
}
