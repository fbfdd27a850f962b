import EventLoop
import TestSupport
import Testing

@testable import DNS

/// A real authoritative server on a free port of loopback, with generated zones:
/// `knot.test` (one of each kind), its child `sub.knot.test`, `signed.test` (DNSSEC), and `broken.test`
/// without a file.
final class KnotServer: Sendable {
    let address: SocketAddress
    private let folder: TemporaryDirectory
    private let process: ChildProcess

    /// Nil when knot is not installed; the skip is printed.
    init?(on loop: EventLoop) async throws {
        guard Self.isInstalled("/usr/sbin/knotd") else { return nil }
        folder = try TemporaryDirectory(prefix: "dispatch-knot")
        address = .ipv4(0x7F00_0001, port: try DaemonPort.free())
        let zones = [
            "knot.test": Self.knotZone, "sub.knot.test": Self.subZone, "signed.test": Self.signedZone,
        ]
        for (name, text) in zones { try folder.write(text, to: "\(name).zone") }
        let configuration = Self.configuration(folder.path, address.port, zones.keys.sorted())
        process = try ChildProcess([
            "/usr/sbin/knotd", "-c", try folder.write(configuration, to: "knot.conf"),
        ])
        try await Self.waitUntilReady(address, on: loop, process)
    }

    /// The DS record of `signed.test`: what a validating resolver takes as its trust anchor.
    func trustAnchor() async throws -> String {
        let output = try await ChildProcess.run(
            ["/usr/sbin/keymgr", "-c", folder.file("knot.conf"), "signed.test.", "ds"])
        return String(try #require(output.split(separator: "\n").first { $0.contains(" 13 2 ") }))
    }

    static func isInstalled(_ program: String) -> Bool {
        if Files.exists(program) { return true }
        print("skipped: \(program) is not installed")
        return false
    }

    static func waitUntilReady(_ address: SocketAddress, on loop: EventLoop, _ process: ChildProcess)
        async throws
    {
        var settings = try #require(ResolverSettings(servers: [address]))
        settings.serverTimeout = .milliseconds(200)
        let name = try #require(DomainName("signed.test"))
        for _ in 0..<100 {
            let ready = try await loop.run { [settings] in
                if (try? await Resolver(on: loop, settings).soa(name)) != nil { return true }
                await loop.sleep(.milliseconds(50))
                return false
            }
            if ready { return }
        }
        let printed = process.text(of: .standardOutput) + process.text(of: .standardError)
        Issue.record("the server did not start: \(printed)")
    }

    private static func configuration(_ folder: String, _ port: UInt16, _ zones: [String]) -> String {
        var text = """
            server:
                rundir: \(folder)
                listen: 127.0.0.1@\(port)
                udp-workers: 1
                tcp-workers: 1
                background-workers: 1
            database:
                storage: \(folder)
            log:
              - target: stdout
                any: warning
            zone:

            """
        for zone in zones + ["broken.test"] {
            text += "  - domain: \(zone)\n    file: \(folder)/\(zone).zone\n"
            if zone == "signed.test" { text += "    dnssec-signing: on\n    zonefile-sync: -1\n" }
        }
        return text
    }

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
