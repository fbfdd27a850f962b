import EventLoop
import Glibc

/// What a resolver asks, and for how long. Checked when it is made; immutable.
package struct ResolverSettings: Sendable {
    /// Recursive resolvers in order of preference; never empty.
    package let servers: [SocketAddress]
    /// Whether the AD bit of `servers` is believed (DANE). Right only for a validating resolver on a path
    /// that nobody can write to, which is why the default is "all of them are on loopback".
    package let trustsAuthenticData: Bool
    /// How long one server may take before the next is asked.
    package var serverTimeout: Duration = .seconds(2)
    /// How often the list of servers is gone through.
    package var rounds = 3
    /// How long one question may take in all, aliases and retries included.
    package var questionTimeout: Duration = .seconds(8)
    /// The longest time that a record is kept, whatever its TTL says.
    package var maxCacheSeconds: UInt32 = 3_600
    /// The longest time that "there is none" is kept: people who set up a domain look at it every few
    /// minutes.
    package var maxNegativeCacheSeconds: UInt32 = 300
    package var maxCacheEntries = 16_384
    package var maxCacheBytes = 16 << 20
    /// Questions that are with a server at the same time, each on a socket of its own; further ones wait in
    /// turn.
    package var maxQuestionsInFlight = 512
    /// Questions that are open or wait for their turn; further ones fail with `.timedOut` at once.
    package var maxQuestionsOpen = 16_384
    /// The port of authoritative servers; another than 53 only in tests.
    package var authoritativePort: UInt16 = 53
    /// Whether an authoritative server may be asked directly. Anybody's NS records decide which address that
    /// would be, so composition hands in the rule that also guards other fetches; without one nothing is
    /// asked.
    package var permitsAuthoritative: @Sendable (SocketAddress) -> Bool = { _ in false }

    /// - Parameter trustsAuthenticData: nil for "when all servers are on loopback".
    /// Nil when `servers` is empty.
    package init?(servers: [SocketAddress], trustsAuthenticData: Bool? = nil) {
        guard !servers.isEmpty else { return nil }
        self.servers = servers
        self.trustsAuthenticData = trustsAuthenticData ?? servers.allSatisfy(Self.isLoopback)
    }

    /// Reads a setting such as `127.0.0.1:5353, [::1]:53, 9.9.9.9`; the port is 53 where none is given.
    /// Nil when an entry is not an address with an optional port, or there is none.
    package static func servers(list: String) -> [SocketAddress]? {
        var servers: [SocketAddress] = []
        for entry in list.split(whereSeparator: { $0 == "," || $0 == " " }) {
            let entry = String(entry)
            guard let server = SocketAddress(ip: entry, port: 53) ?? SocketAddress(entry), server.port > 0
            else {
                return nil
            }
            servers.append(server)
        }
        return servers.isEmpty ? nil : servers
    }

    /// The `nameserver` lines of a resolv.conf; addresses with a scope are left out.
    package static func servers(resolvConf: String) -> [SocketAddress] {
        resolvConf.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return SocketAddress(ip: String(words[1]), port: 53)
        }
    }

    /// The servers of `/etc/resolv.conf`, or 127.0.0.1 when it names none. Reads a file: call at start.
    package static func systemServers() -> [SocketAddress] {
        let servers = servers(resolvConf: text(ofFile: "/etc/resolv.conf", maxBytes: 65_536))
        return servers.isEmpty ? [.ipv4(0x7F00_0001, port: 53)] : servers
    }

    private static func text(ofFile path: String, maxBytes: Int) -> String {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return "" }
        defer { close(fd) }
        let bytes = [UInt8](unsafeUninitializedCapacity: maxBytes) { buffer, count in
            count = max(0, read(fd, buffer.baseAddress, maxBytes))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        switch address {
        case .ipv4(let address, _): address >> 24 == 127
        case .ipv6(let bytes, _): bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
        case .unix: false
        }
    }
}
