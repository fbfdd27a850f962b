/// What came back, of whatever status.
package struct HTTPClientResponse: Sendable {
    package let status: Int
    /// As received, in order; values without surrounding white space.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// Whether there was more than `maxResponseBytes`.
    package let isTruncated: Bool
    /// Whom we talked to; empty for a unix socket.
    package let peerIP: String
    package let timings: HTTPClientTimings
    /// Whether the connection had served a request before.
    package let isReused: Bool

    /// The first header of a name, in whatever case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.utf8.elementsEqual(name.utf8, by: Self.isSameLetter) }?.value
    }

    private static func isSameLetter(_ left: UInt8, _ right: UInt8) -> Bool {
        func folded(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
        return folded(left) == folded(right)
    }
}

/// How long each part of an exchange took, in milliseconds; zero for parts that a reused connection leaves
/// out.
package struct HTTPClientTimings: Sendable, Equatable {
    package let dnsMilliseconds: Double
    package let connectMilliseconds: Double
    package let tlsMilliseconds: Double
    /// From the request's last byte sent, to the first of the response.
    package let firstByteMilliseconds: Double
    /// From the call to the end.
    package let totalMilliseconds: Double
}
