import EventLoop

/// The event loops of the test process: one for clients, one for sinks.
enum TestLoops {
    private static let group = Result { try EventLoopGroup(count: 2, name: "test") }

    static func clients() throws -> EventLoop { try group.get().loops[0] }
    static func sinks() throws -> EventLoop { try group.get().loops[1] }

    /// Runs `body` on the loop of the clients.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws
        -> Result
    {
        try await clients().run(body)
    }
}
