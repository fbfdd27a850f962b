import EventLoop

/// Where a server listens and what it bears. Each time that runs out closes the connection it concerns.
package struct HTTPServerConfiguration: Sendable {
    /// A certificate chain with its key, both PEM.
    package struct TLS: Sendable {
        package let certificateChainPEM: [UInt8]
        package let privateKeyPEM: [UInt8]

        package init(certificateChainPEM: [UInt8], privateKeyPEM: [UInt8]) {
            self.certificateChainPEM = certificateChainPEM
            self.privateKeyPEM = privateKeyPEM
        }
    }

    /// Port 0 is any free port.
    package var address: SocketAddress
    /// nil: plain HTTP.
    package var tls: TLS?
    package var limits = HTTPLimits()
    /// Open at one time; more wait in the kernel's backlog.
    package var maxConnections = 10_000
    /// Requests on one connection before it is closed; nil: no bound.
    package var maxRequestsPerConnection: Int?
    /// Waiting for the first byte of a request; the connection is closed without an answer.
    package var idleTimeout: Duration = .seconds(75)
    /// From the first byte of a head to its last, however it trickles; 408.
    package var headTimeout: Duration = .seconds(10)
    package var handshakeTimeout: Duration = .seconds(10)
    /// What a body may take besides its bytes at `minBodyBytesPerSecond`; 408.
    package var bodyTimeout: Duration = .seconds(30)
    package var minBodyBytesPerSecond = 16 * 1024
    /// For each time that the peer does not read its answer.
    package var writeTimeout: Duration = .seconds(30)
    /// Bodies that are being received on one loop, together; 503 above it.
    package var maxBufferedBodyBytesPerLoop = 512 * 1024 * 1024
    /// What is read and thrown away of a body that nobody wanted, so that the caller gets to read the answer
    /// instead of a reset.
    package var maxDrainBytes = 64 * 1024 * 1024
    package var drainTimeout: Duration = .seconds(10)
    /// How long such a caller may pause when it is not known how much it still sends.
    package var lingerTimeout: Duration = .milliseconds(250)

    package init(address: SocketAddress, tls: TLS? = nil) {
        self.address = address
        self.tls = tls
    }
}

/// What one request was and how it was answered. It holds the route's pattern instead of the path, so it may
/// label metrics.
package struct HTTPAccessRecord: Sendable {
    /// nil when the bytes were no request.
    package let method: HTTPMethod?
    package let routePattern: String?
    package let status: HTTPStatus
    /// From the whole head to the answer being ready to be sent.
    package let duration: Duration
    package let requestBodyBytes: Int
    package let responseBodyBytes: Int
    package let id: RequestID
    package let remoteAddress: SocketAddress
}
