import EventLoop
import TestSupport
import Testing

@testable import DNS

/// A real authoritative server on a free port of loopback, with generated zones:
/// `knot.test` (one of each kind), its child `sub.knot.test`, `signed.test` (DNSSEC), and `broken.test`
/// without a file.
final class KnotServer: Sendable {
    let address: SocketAddress
    private let daemon: KnotDaemon

    /// Nil when knot is not installed; the skip is printed.
    init?() async throws {
        let zones = [
            "knot.test": Self.knotZone, "sub.knot.test": Self.subZone, "signed.test": Self.signedZone,
            "broken.test": nil,
        ]
        guard let daemon = try await KnotDaemon(zones: zones, signed: ["signed.test"]) else { return nil }
        self.daemon = daemon
        address = .ipv4(0x7F00_0001, port: daemon.port)
    }

    /// What a validating resolver takes as its trust anchor for `signed.test`.
    func trustAnchor() async throws -> String { try await daemon.trustAnchor(of: "signed.test") }

    private static func start(of zone: String) -> String {
        """
        $ORIGIN \(zone).
        $TTL 300
        @ SOA ns1 hostmaster.\(zone). 1 3600 600 86400 77
        @ NS ns1
        ns1 A 127.0.0.1

        """
    }

    private static let knotZone =
        start(of: "knot.test") + """
            @ NS ns2.dead
            ns2.dead A 127.0.0.2
            @ A 192.0.2.10
            @ AAAA 2001:db8::10
            @ MX 20 mx2
            @ MX 10 mx1
            @ MX 20 mx3
            @ TXT "v=spf1 ip4:192.0.2.0/24 " "-all"
            @ TXT "second"
            mx1 A 192.0.2.11
            mx1 AAAA 2001:db8::11
            null MX 0 .
            empty TXT "only this"
            implicit A 192.0.2.12
            alias CNAME mx1
            outward CNAME txt.sub
            _25._tcp.mx1 TLSA 3 1 1 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F
            ptr PTR mx1
            sub NS ns1.sub
            ns1.sub A 127.0.0.1
            big TXT \(bigText)

            """

    /// A record that fits into no datagram.
    private static let bigText =
        (0..<30).map { "\"\($0)\(String(repeating: "x", count: 190))\"" }.joined(separator: " ")

    private static let subZone = start(of: "sub.knot.test") + "txt TXT \"in the child\"\n"

    private static let signedZone =
        start(of: "signed.test") + """
            @ MX 10 mx
            mx A 192.0.2.20
            _25._tcp.mx TLSA 3 1 1 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F

            """
}
