import DNSProviders
import EventLoop
import HTTPClient

/// Opens accounts at providers, each with its pace and token for as long as the process lives.
package struct DNSAccounts: Sendable {
    private static let maxSessions = 4096

    private let endpoints: ProviderEndpoints
    private let transport: ProviderCalls.Send
    private let clock: @Sendable () -> ProviderClock?
    private let sessions = Locked<[String: ProviderSession]>([:])

    package init(
        _ endpoints: ProviderEndpoints, transport: @escaping ProviderCalls.Send,
        clock: @escaping @Sendable () -> ProviderClock?
    ) {
        self.endpoints = endpoints
        self.transport = transport
        self.clock = clock
    }

    /// Through the client of whichever loop runs the request. The addresses are the operator's.
    init(_ endpoints: ProviderEndpoints, clients: LoopClients) {
        self.init(endpoints) { request throws(HTTPClientError) in
            guard let client = clients.current else { throw .closed }
            return try await client.send(request)
        } clock: {
            EventLoop.current.map { ProviderClock.system(on: $0) }
        }
    }

    /// - Parameter name: what the calls are counted under: one for each credential.
    /// - Throws: 503 off a loop, which is while the service stops.
    func open(_ credential: ProviderCredential, as name: String) throws(DNSProviderError) -> any DNSProvider {
        guard let clock = clock() else { throw .temporary("the service is stopping") }
        let session = sessions.withLock { sessions in
            if let known = sessions[name] { return known }
            // All start anew now and then, in place of a list that grows for ever.
            if sessions.count >= Self.maxSessions { sessions.removeAll() }
            let new = ProviderSession(credential.kind)
            sessions[name] = new
            return new
        }
        let calls = ProviderCalls(session: session, clock: clock, transport: transport)
        return credential.provider(endpoints, calls)
    }
}
