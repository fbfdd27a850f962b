import EventLoop

/// An HTTP/1.1 server on one address (RFC 9110, RFC 9112), plain or TLS, on any number of loops.
///
/// A connection is one task that stays on its loop: it takes a head, calls the router, and prints the answer.
/// Requests that were sent ahead are answered in order and in one write. Every wait has a time limit and
/// every buffer a size, both named in `HTTPServerConfiguration`; what passes one gets a status and loses its
/// connection.
///
/// It does not do HTTP/2, upgrades, CORS or responses whose length is not known before they begin. TLS and
/// proxies in front are the operator's choice: nothing here trusts a forwarded address.
package final class HTTPServer: Sendable {
    /// Called on the loop of the connection after each answer; it must not block.
    package typealias AccessLog = @Sendable (HTTPAccessRecord) -> Void

    private let configuration: HTTPServerConfiguration
    private let router: Router
    private let accessLog: AccessLog?
    private let listener: Listener
    private let openConnections = Locked(0)
    private let workers = Locked<[LoopBound<ServerWorker>]>([])

    /// Binds the address; connections are taken after `start`.
    package init(
        _ configuration: HTTPServerConfiguration, router: Router, accessLog: AccessLog? = nil
    ) throws(SystemError) {
        self.configuration = configuration
        self.router = router
        self.accessLog = accessLog
        listener = try Listener(configuration.address)
    }

    /// Where it listens: the real port when 0 was asked for.
    package var address: SocketAddress { listener.address }

    /// Connections that are being served now, on all loops.
    package var openConnectionCount: Int { openConnections.withLock { $0 } }

    /// Takes connections and spreads them over `loops`. Call once.
    ///
    /// - Throws: `TLSError` when certificate and key do not fit.
    package func start(on loops: [EventLoop]) throws(TLSError) {
        var started: [LoopBound<ServerWorker>] = []
        for loop in loops {
            let worker = ServerWorker(
                loop: loop, configuration: configuration, router: router, accessLog: accessLog,
                tls: try tlsContext(configuration.tls), openConnections: openConnections)
            started.append(LoopBound(worker, on: loop))
        }
        workers.withLock { $0 = started }
        for worker in started {
            listener.accept(on: worker.loop, maxConnections: configuration.maxConnections) { stream in
                await worker.value.serve(stream)
            }
        }
    }

    /// Uses another certificate for connections from now on; nothing changes when it is not valid.
    package func replaceCertificate(_ tls: HTTPServerConfiguration.TLS) throws(TLSError) {
        for worker in workers.withLock({ $0 }) {
            let context = try tlsContext(tls)
            worker.loop.execute { worker.value.tls = context }
        }
    }

    /// Stops accepting, closes idle connections, lets requests in flight finish with `Connection: close`, and
    /// closes what is left when `deadline` has passed. Any thread; returns when no connection is left, or
    /// then.
    package func stop(within deadline: Duration) async {
        listener.close()
        let end = MonotonicTime.now().advanced(by: deadline)
        let workers = workers.withLock { $0 }
        for worker in workers { worker.loop.execute { worker.value.beginStop() } }
        for worker in workers {
            try? await worker.loop.run { await worker.value.finishStop(by: end) }
        }
    }

    private func tlsContext(_ tls: HTTPServerConfiguration.TLS?) throws(TLSError) -> TLSServerContext? {
        guard let tls else { return nil }
        return try TLSServerContext(
            certificateChainPEM: tls.certificateChainPEM, privateKeyPEM: tls.privateKeyPEM)
    }
}
