import Doors
import EventLoop
import HTTP
import NodeProtocol
import Relay
import Testing

/// Whose address counts when a proxy stands before the doors.
@Suite struct TrustedProxiesTests {
    private func client(
        _ lists: [String], from peer: String = "10.0.0.1", trusted: [String] = ["10.0.0.0/8", "fd00::/8"]
    ) throws -> String {
        var headers: HTTPHeaders = [:]
        for list in lists { headers.append("X-Forwarded-For", list) }
        let request = try HTTPRequest(
            .get, "/t/c/x", headers: headers, remoteAddress: try #require(SocketAddress(ip: peer, port: 9)))
        TrustedProxies(try trusted.map { try #require(IPNetwork($0)) }).pass(request)
        return request.remoteAddress.ip
    }

    @Test func `nobody is believed unless he is named`() throws {
        #expect(try client(["203.0.113.7"], trusted: []) == "10.0.0.1")
        #expect(try client(["203.0.113.7"], from: "198.51.100.1") == "198.51.100.1")
        #expect(try client([]) == "10.0.0.1")
    }

    @Test(arguments: [
        (["203.0.113.7"], "203.0.113.7"), (["203.0.113.7, 10.2.3.4"], "203.0.113.7"),
        (["203.0.113.7", "10.2.3.4 ,fd00::1"], "203.0.113.7"), (["2001:db8::1"], "2001:db8::1"),
        (["[2001:db8::1]:443"], "2001:db8::1"), (["[2001:db8::1]"], "2001:db8::1"),
        (["203.0.113.7:5123"], "203.0.113.7"),
        // What the caller wrote himself stands before what the proxy saw.
        (["192.0.2.1, 203.0.113.7"], "203.0.113.7"), (["10.9.9.9, 203.0.113.7"], "203.0.113.7"),
        (["x, 203.0.113.7"], "203.0.113.7"),
        // Readers in the proxies' own networks.
        (["10.9.9.9, 10.2.3.4"], "10.9.9.9"),
    ])
    func `the caller is the last whom no proxy of ours has the address of`(lists: [String], ip: String) throws
    {
        #expect(try client(lists) == ip)
    }

    @Test(arguments: ["", ",", "unknown", "_hidden", "unix:/run/x", "203.0.113.7, unknown", "999.1.1.1"])
    func `a list that cannot be read leaves the proxy`(list: String) throws {
        #expect(try client([list]) == "10.0.0.1")
    }

    @Test func `a list of any length is read in part or not at all`() throws {
        #expect(try client([String(repeating: "1", count: 10_000)]) == "10.0.0.1")
        let chain = Array(repeating: "10.0.0.2", count: 500).joined(separator: ",")
        #expect(try client(["203.0.113.7," + chain]) == "10.0.0.2")
    }

    @Test func `readers behind a proxy are told apart`() async throws {
        let bench = try LinkBench()
        var router = bench.router
        let proxies = TrustedProxies([try #require(IPNetwork("10.0.0.1"))])
        router.gate = { proxies.pass($0) }
        for reader in 1...5 {
            let token = try bench.links.token(.click, target: "https://x.example/\(reader)")
            let headers: HTTPHeaders = [
                "User-Agent": LinkBench.browser, "X-Forwarded-For": "203.0.\(reader).7",
            ]
            let request = try HTTPRequest(
                .get, "/t/c/\(token)", headers: headers,
                remoteAddress: try #require(SocketAddress(ip: "10.0.0.1", port: 9)))
            #expect(await router.respond(to: request).status == 302)
        }
        #expect(bench.links.visits.map(\.reader.isMachine) == Array(repeating: false, count: 5))
        #expect(bench.links.visits.map(\.reader.network) == (1...5).map { "203.0.\($0).0/24" })
    }
}
