/// What holds for all requests of a client.
package struct HTTPClientSettings: Sendable {
    package var egressGuard: EgressGuard
    package var maxConnections = 1_024
    package var maxConnectionsPerHost = 16
    /// Requests at the same time, those included that wait for a connection; further ones fail with `.busy`.
    package var maxTransfers = 16_384
    package var maxResponseHeaderBytes = 64 * 1024
    /// How long an unused connection is kept.
    package var idleTimeoutSeconds = 60
    /// Certificates to trust instead of the system's.
    package var trustedRootsPEM: [UInt8]?
    /// Off: one response is one connection's, so a receiver's fault stays with it.
    package var allowsHTTP2 = false

    package init(egressGuard: EgressGuard = EgressGuard()) {
        self.egressGuard = egressGuard
    }
}
