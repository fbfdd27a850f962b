import EventLoop
import FoundationEssentials
import TestSupport
import Testing

@testable import HTTPClient

@Suite struct EgressGuardTests {
    private func judge(_ ip: String, port: UInt16 = 443, _ egress: EgressGuard = EgressGuard()) throws
        -> EgressGuard.Verdict
    {
        egress.judge(try #require(SocketAddress(ip: ip, port: port)))
    }

    @Test func `the first and the last address of every special block are refused, their neighbours are not`()
        throws
    {
        let blocks = [
            ("0.0.0.0", "0.255.255.255", "1.0.0.0"), ("10.0.0.0", "10.255.255.255", "11.0.0.0"),
            ("100.64.0.0", "100.127.255.255", "100.128.0.0"), ("127.0.0.0", "127.255.255.255", "128.0.0.0"),
            ("169.254.0.0", "169.254.255.255", "169.255.0.0"), ("172.16.0.0", "172.31.255.255", "172.32.0.0"),
            ("192.0.0.0", "192.0.0.255", "192.0.1.0"), ("192.0.2.0", "192.0.2.255", "192.0.3.0"),
            ("192.88.99.0", "192.88.99.255", "192.88.100.0"),
            ("192.168.0.0", "192.168.255.255", "192.169.0.0"),
            ("198.18.0.0", "198.19.255.255", "198.20.0.0"),
            ("198.51.100.0", "198.51.100.255", "198.51.101.0"),
            ("203.0.113.0", "203.0.113.255", "203.0.114.0"),
            ("224.0.0.0", "255.255.255.255", "223.255.255.255"),
            ("::", "ff:ffff::", "101::"), ("64:ff9b:1::", "64:ff9b:1:ffff::1", "2600::"),
            ("100::", "100::ffff", "100:0:0:1::"), ("2001::", "2001:1ff:ffff::", "2001:200::"),
            ("2001:db8::", "2001:db8:ffff::1", "2001:db9::"), ("2002::", "2002:ffff::1", "2003::"),
            ("3fff::", "3fff:fff::1", "3fff:1000::"), ("5f00::", "5f00:ffff::1", "5f01::"),
            ("fc00::", "fdff:ffff::1", "fe00::"), ("fe80::", "febf:ffff::1", "fe00::"),
            ("fec0::", "feff:ffff::1", "fe00::"), ("ff00::", "ffff:ffff::1", "fe7f::"),
        ]
        for (first, last, neighbour) in blocks {
            #expect(try judge(first) != .allowed, "\(first)")
            #expect(try judge(last) != .allowed, "\(last)")
            #expect(try judge(neighbour) == .allowed, "\(neighbour)")
        }
    }

    @Test func `IPv4 inside IPv6 is judged as IPv4`() throws {
        #expect(try judge("::ffff:8.8.8.8") == .allowed)
        #expect(try judge("::ffff:10.0.0.1") == .blocked("private network"))
        #expect(try judge("::ffff:169.254.169.254") == .blocked("link-local"))
        #expect(try judge("64:ff9b::808:808") == .allowed)
        #expect(try judge("64:ff9b::a00:1") == .blocked("private network"))
        #expect(try judge("::7f00:1") == .blocked("reserved"))
        #expect(try judge("fd00:ec2::254") == .blocked("private network"))
        #expect(EgressGuard().judge(.unix("/run/x")) != .allowed)
        #expect(EgressGuard().judge(.ipv6([1, 2], port: 80)) != .allowed)
    }

    @Test func `ranges that are opened or blocked by the operator count for every form of an address`() throws
    {
        var egress = EgressGuard(allowing: [try #require(AddressRange("10.0.0.0/8"))])
        #expect(try judge("10.1.2.3", egress) == .allowed)
        #expect(try judge("::ffff:10.1.2.3", egress) == .allowed)
        #expect(try judge("192.168.1.1", egress) != .allowed)
        egress.blocking = [try #require(AddressRange("10.1.0.0/16")), try #require(AddressRange("8.8.8.8"))]
        #expect(try judge("10.1.2.3", egress) != .allowed)
        #expect(try judge("10.2.2.3", egress) == .allowed)
        #expect(try judge("8.8.8.8", egress) != .allowed)
        #expect(try judge("64:ff9b::808:808", egress) != .allowed)
    }

    @Test func `mail ports are refused unless a range names them`() throws {
        let egress = EgressGuard(allowing: [
            try #require(AddressRange("10.0.0.0/8")), try #require(AddressRange("10.0.0.9:25")),
        ])
        #expect(try judge("8.8.8.8", port: 25) == .blocked("port 25"))
        #expect(try judge("8.8.8.8", port: 0) == .blocked("port 0"))
        #expect(try judge("10.0.0.8", port: 25, egress) == .blocked("port 25"))
        #expect(try judge("10.0.0.9", port: 25, egress) == .allowed)
        let mailHost = try #require(SocketAddress(ip: "8.8.8.8", port: 25))
        #expect(EgressGuard().judge(ip: mailHost) == .allowed)
        #expect(try judge("127.0.0.1", port: 25, .unrestricted) == .allowed)
    }

    @Test func `ranges are read with prefix and port`() {
        let texts = [
            "10.0.0.0/8", "10.0.0.1", "10.0.0.1:80", "10.0.0.0/8:80", "fd00::/8", "[fd00::]/8:80", "[::1]:80",
        ]
        let printed = [
            "10.0.0.0/8", "10.0.0.1/32", "10.0.0.1/32:80", "10.0.0.0/8:80", "fd00::/8", "[fd00::]/8:80",
            "[::1]/128:80",
        ]
        #expect(texts.map { AddressRange($0)?.description } == printed)
        let wrong = [
            "", "10", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0.1:0", "10.0.0.1:x", "[::1]x:80", "a/8",
            "/8", "10.0.0.0/",
        ]
        #expect(wrong.compactMap { AddressRange($0) }.isEmpty)
    }

    private struct Corpus: Decodable {
        struct Settings: Decodable {
            let allowRanges: [String], allowAddresses: [String], denyRanges: [String], denyAddresses: [String]
            let selfPort: UInt16
            let localIPs: [String]
        }
        struct Case: Decodable {
            let ip: String, port: UInt16, expect: String, deny: Bool
        }
        let config: Settings
        let cases: [Case]
    }

    @Test func `published verdicts agree, apart from two that are ours to decide`() throws {
        guard let folder = Corpora.folder("ssrf-ip") else { return }
        let json = try Data(Files.read(folder + "/cases.json"))
        let corpus = try JSONDecoder().decode(Corpus.self, from: json)
        let own = corpus.config.localIPs.map { $0.contains(":") ? "[\($0)]:" : "\($0):" }.map {
            $0 + "\(corpus.config.selfPort)"
        }
        let egress = EgressGuard(
            allowing: (corpus.config.allowRanges + corpus.config.allowAddresses).compactMap {
                AddressRange($0)
            },
            blocking: (corpus.config.denyRanges + corpus.config.denyAddresses + own).compactMap {
                AddressRange($0)
            })
        // The rows from the last one of this configuration on belong to a proxy that allows private networks.
        let rows = corpus.cases.prefix(41)
        #expect(rows.count == 41)
        for row in rows {
            let denied = try judge(row.ip, port: row.port, egress) != .allowed
            // We let NAT64 of a public address through, and refuse all of ::/8, of which nothing else is
            // assigned.
            let isOurs = row.ip == "64:ff9b::808:808" || row.ip == "64:ff9c::1"
            #expect(denied == (row.deny != isOurs), "\(row.ip) \(row.port): \(row.expect)")
        }
    }
}
