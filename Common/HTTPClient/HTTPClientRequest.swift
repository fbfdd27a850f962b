/// One request. Values that are not given are those of the webhook contract.
package struct HTTPClientRequest: Sendable {
    package var method: String
    package var url: String
    /// In this order and in this case. `Host`, `Content-Length` and `Accept: */*` are added where they are
    /// missing; nothing else is, and never `Expect`.
    package var headers: [(name: String, value: String)]
    /// Nil for none; an empty one is sent with `Content-Length: 0`.
    package var body: [UInt8]?
    package var connectTimeout: Duration = .seconds(5)
    /// From the call to the last byte, waiting for a free connection included.
    package var totalTimeout: Duration = .seconds(15)
    /// The response is cut here, and its connection closed.
    package var maxResponseBytes = 64 * 1024
    package var maxRedirects = 0
    /// Whether `user:password@` in the URL is sent as Basic authorization; else it makes the URL invalid.
    package var allowsUserInfo = false
    /// A path to connect to instead of the URL's host. The guard does not apply: only an operator may set it.
    package var unixSocket: String?
    /// Addresses for names, in place of asking the system. The guard applies to them all the same.
    package var resolve: [(host: String, port: UInt16, ip: String)] = []
    /// Instead of the client's.
    package var egressGuard: EgressGuard?
    /// Certificates to trust instead of the client's or the system's.
    package var trustedRootsPEM: [UInt8]?

    package init(
        _ method: String = "GET", _ url: String, headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}
