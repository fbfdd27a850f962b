import EventLoop
import HTTP
import NodeProtocol

/// The proxies before the HTTP doors of a plane that are believed when they say whom they ask for
/// (X-Forwarded-For).
///
/// Each proxy adds the address that it was asked from at the end, and a caller may have begun the list with
/// whatever he likes. So it is read from its end, as far as proxies of ours wrote it: the first address that
/// is none of theirs is the caller's.
package struct TrustedProxies: Sendable {
    private static let maxProxies = 32
    private static let maxHeaderBytes = 8_192
    private let networks: [IPNetwork]

    /// - Parameter networks: none: nobody is believed.
    package init(_ networks: [IPNetwork]) { self.networks = networks }

    /// Gives a request of such a proxy the address of its caller. A list that cannot be read leaves what was
    /// read of it.
    package func pass(_ request: HTTPRequest) {
        guard !networks.isEmpty, isTrusted(request.remoteAddress.ip) else { return }
        let lists = request.headers.values("X-Forwarded-For")
        guard lists.reduce(0, { $0 + $1.utf8.count }) <= Self.maxHeaderBytes else { return }
        let hops = lists.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for hop in hops.reversed().prefix(Self.maxProxies) {
            guard let address = Self.address(hop) else { return }
            request.comes(from: address)
            guard isTrusted(address.ip) else { return }
        }
    }

    private func isTrusted(_ ip: String) -> Bool {
        IPNetwork.bytes(of: ip).map { bytes in networks.contains { $0.contains(bytes) } } ?? false
    }

    /// An address, with or without brackets and a port.
    private static func address(_ hop: Substring) -> SocketAddress? {
        let text = String(hop.filter { $0 != " " && $0 != "\t" })
        if let address = SocketAddress(ip: text, port: 0) { return address }
        if text.hasPrefix("["), text.hasSuffix("]") {
            return SocketAddress(ip: String(text.dropFirst().dropLast()), port: 0)
        }
        guard let address = SocketAddress(text), !address.ip.isEmpty else { return nil }
        return SocketAddress(ip: address.ip, port: 0)
    }
}
