import Testing

@testable import DNS

@Suite struct ResponseReadingTests {
    private let zone: DomainName
    private let alias: DomainName
    private let target: DomainName

    init() throws {
        zone = try #require(DomainName("example.test"))
        alias = try #require(DomainName("www.example.test"))
        target = try #require(DomainName("host.elsewhere.test"))
    }

    private func reading(
        _ type: RecordType = .a, within zone: DomainName = .root, _ build: (inout ResponseBuilder) -> Void
    ) throws -> ResponseReading {
        let question = Question(alias, type)
        var builder = ResponseBuilder(question)
        build(&builder)
        return ResponseReading(try DNSMessage.decode(builder.bytes), question, within: zone)
    }

    @Test func `the least TTL of aliases and records holds`() throws {
        let reading = try reading {
            $0.add(alias, .cname, ttl: 20, target.wire)
            $0.add(target, .a, ttl: 90, [1, 2, 3, 4])
        }
        #expect(reading.ttlSeconds == 20)
        #expect(reading.name == target && reading.aliases == 1)
        guard case .records(let records) = reading.ending else {
            Issue.record("no records")
            return
        }
        #expect(records.map(\.data) == [.a(0x0102_0304)])
    }

    @Test func `an empty answer with an SOA record is no data, kept as long as that record says`() throws {
        let reading = try reading { $0.addSOA(zone, ttl: 500, minimum: 60) }
        #expect(reading.ending == .noData && reading.ttlSeconds == 60)
    }

    @Test func `a denial without an SOA record is not kept`() throws {
        let reading = try reading { $0.code = 3 }
        #expect(reading.ending == .nxdomain && reading.ttlSeconds == nil)
    }

    @Test func `NXDOMAIN speaks of the last name of the chain`() throws {
        let elsewhere = try #require(target.parent)
        let reading = try reading {
            $0.code = 3
            $0.add(alias, .cname, ttl: 5, target.wire)
            $0.addSOA(elsewhere, ttl: 9, minimum: 9)
        }
        #expect(reading.ending == .nxdomain && reading.name == target && reading.ttlSeconds == 5)
    }

    @Test func `an alias without an end has to be asked on`() throws {
        let reading = try reading { $0.add(alias, .cname, target.wire) }
        #expect(reading.ending == .alias && reading.name == target)
    }

    @Test func `records outside of the zone that was asked do not count`() throws {
        let reading = try reading(within: zone) {
            $0.add(alias, .cname, target.wire)
            $0.add(target, .a, [1, 2, 3, 4])
        }
        #expect(reading.ending == .alias && reading.name == target)
    }

    @Test func `a circle of aliases ends`() throws {
        let reading = try reading {
            $0.add(alias, .cname, target.wire)
            $0.add(target, .cname, alias.wire)
        }
        #expect(reading.ending == .endless)
    }

    @Test func `name servers without an SOA record are a referral`() throws {
        let reading = try reading { $0.add(.authority, zone, .ns, target.wire) }
        #expect(reading.ending == .referral(zone: zone, servers: [target]))
        let denial = try self.reading {
            $0.add(.authority, zone, .ns, target.wire)
            $0.addSOA(zone, ttl: 1, minimum: 1)
        }
        #expect(denial.ending == .noData)
    }
}
