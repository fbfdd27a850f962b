import EventLoop
import HTTPClient

/// An HTTP client for each loop, for requests to nodes: their addresses come from operators, so every one may
/// be reached.
struct LoopClients: Sendable {
    private let clients: [ObjectIdentifier: HTTPClient]

    init(on loops: [EventLoop]) async throws {
        var clients: [ObjectIdentifier: HTTPClient] = [:]
        for loop in loops {
            clients[ObjectIdentifier(loop)] = try await loop.run {
                try HTTPClient(on: loop, HTTPClientSettings(egressGuard: .unrestricted))
            }
        }
        self.clients = clients
    }

    /// The client of a loop that was given at the start.
    func client(on loop: EventLoop) -> HTTPClient? { clients[ObjectIdentifier(loop)] }

    /// The client of the loop that runs the caller.
    var current: HTTPClient? { EventLoop.current.flatMap { client(on: $0) } }
}
