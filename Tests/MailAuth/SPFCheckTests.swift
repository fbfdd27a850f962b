import MailAuth
import Testing

/// What the published suite does not ask: bounds against records that are made to cost.
@Suite struct SPFCheckTests {
    /// Counts what is asked, and answers from zones.
    private final class Counting: SPFResolver {
        let zones: SPFZones
        var asked: [String] = []

        init(_ zones: SPFZones) { self.zones = zones }

        func texts(_ name: String) async -> SPFAnswer<[[UInt8]]> {
            asked.append("TXT \(name)")
            return await zones.texts(name)
        }
        func addresses(_ name: String, ipv6: Bool) async -> SPFAnswer<[SPFAddress]> {
            asked.append("A \(name)")
            return await zones.addresses(name, ipv6: ipv6)
        }
        func mailHosts(_ name: String) async -> SPFAnswer<[String]> {
            asked.append("MX \(name)")
            return await zones.mailHosts(name)
        }
        func names(of address: SPFAddress) async -> SPFAnswer<[String]> {
            asked.append("PTR")
            return await zones.names(of: address)
        }
    }

    private func check(
        _ record: String, sender: String = "a@example.com", _ zones: SPFZones = SPFZones()
    ) async throws -> (SPFOutcome, [String]) {
        var zones = zones
        zones.add("example.com", "TXT", [Array(record.utf8)])
        let resolver = Counting(zones)
        let mail = SPFCheck.Mail(
            address: try #require(SPFAddress("192.0.2.1")), helo: "mail.test", sender: sender,
            receiver: "here.test", now: 0)
        return (await SPFCheck.check(mail, with: resolver), resolver.asked)
    }

    @Test func `the names of an address are looked up once, however often they are asked for`() async throws {
        var zones = SPFZones()
        zones.add("1.2.0.192.in-addr.arpa", "PTR", [Array("host.test".utf8)])
        zones.add("host.test", "A", [Array("192.0.2.1".utf8)])
        let record = "v=spf1 exists:\(String(repeating: "%{p}.", count: 40))list.test ptr:host.test -all"
        let (outcome, asked) = try await check(record, zones)
        #expect(outcome.result == .pass && outcome.term == "ptr:host.test")
        #expect(asked.filter { $0 == "PTR" }.count == 1 && asked.count == 4)
    }

    @Test func `a name that grows too long loses labels on its left`() async throws {
        let label = String(repeating: "x", count: 60)
        let sender = "\(label).\(label).\(label)@example.com"
        let (_, asked) = try await check("v=spf1 exists:%{l}.%{l}.%{d} -all", sender: sender)
        let name = try #require(asked.last?.dropFirst(2))
        #expect(name.utf8.count <= 253 && name.hasSuffix(".\(label).example.com") && name.hasPrefix("x"))
    }

    @Test func `a record of kilobytes of macros is refused, and one below costs no time`() async throws {
        let macros = String(repeating: "%{s}", count: 2_000)
        let (fits, asked) = try await check("v=spf1 exists:\(macros).test -all")
        #expect(fits.result == .fail && asked.count == 2)
        let (refused, _) = try await check("v=spf1 exists:\(macros)\(macros).test -all")
        #expect(refused.result == .permerror && refused.problem?.contains("longer than") == true)
    }

    @Test func `an include that is refused for its own record ends the check`() async throws {
        var zones = SPFZones()
        zones.add("bad.test", "TXT", [Array("v=spf1 nonsense -all".utf8)])
        let (outcome, _) = try await check("v=spf1 include:bad.test +all", zones)
        #expect(outcome.result == .permerror && outcome.problem?.contains("bad.test") == true)
    }

    @Test func `an explanation that is endless is left out`() async throws {
        var zones = SPFZones()
        zones.add("why.test", "TXT", [Array(String(repeating: "%{s} ", count: 100).utf8)])
        let (outcome, _) = try await check("v=spf1 -all exp=why.test", zones)
        #expect(outcome.result == .fail && outcome.explanation == nil)
    }
}
