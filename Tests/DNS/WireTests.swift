import TestSupport
import Testing

@testable import DNS

@Suite struct WireTests {
    private let name: DomainName
    private let target: DomainName

    init() throws {
        name = try #require(DomainName("example.test"))
        target = try #require(DomainName("mx.example.test"))
    }

    /// One record of each type that is read.
    private func everyType() -> [UInt8] {
        var response = ResponseBuilder(Question(name, .mx))
        response.id = 7
        response.add(name, .a, [192, 0, 2, 1])
        response.add(name, .aaaa, [UInt8](repeating: 9, count: 16))
        response.add(name, .mx, [0, 10] + target.wire)
        response.add(name, .txt, Array("\u{3}one\u{0}\u{4} two".utf8))
        response.add(name, .cname, target.wire)
        response.add(name, .ns, target.wire)
        response.add(name, .ptr, target.wire)
        response.add(name, .tlsa, [3, 1, 1, 0xAB, 0xCD])
        response.add(name, RecordType(rawValue: 99), [1, 2, 3])
        response.addSOA(name, ttl: 60, minimum: 30)
        return response.bytes
    }

    @Test func `every type that is read comes out as it went in`() throws {
        let message = try DNSMessage.decode(everyType())
        #expect(message.id == 7)
        #expect(message.question == Question(name, .mx))
        #expect(
            message.answers.map(\.data) == [
                .a(0xC000_0201), .aaaa([UInt8](repeating: 9, count: 16)),
                .mx(preference: 10, exchange: target),
                .txt(Array("one two".utf8)), .cname(target), .ns(target), .ptr(target),
                .tlsa(TLSARecord(usage: 3, selector: 1, matchingType: 1, data: [0xAB, 0xCD])),
                .other([1, 2, 3]),
            ])
        let soa = try #require(message.authority.first)
        #expect(soa.ttlSeconds == 60)
        guard case .soa(let record) = soa.data else {
            Issue.record("no SOA")
            return
        }
        #expect(record.minimumSeconds == 30 && record.expireSeconds == 4)
    }

    @Test func `a query reads back as what was asked`() throws {
        let bytes = DNSMessage.query(id: 0xBEEF, Question(name, .txt), recursionDesired: true, edns: true)
        let message = try DNSMessage.decode(bytes)
        #expect(message.id == 0xBEEF)
        #expect(message.flags == [.recursionDesired, .authenticData])
        #expect(message.question == Question(name, .txt))
        #expect(message.additional.first?.recordClass == 1232)
        let plain = DNSMessage.query(id: 1, Question(name, .txt), recursionDesired: false, edns: false)
        #expect(try DNSMessage.decode(plain).additional.isEmpty)
    }

    @Test func `names are compressed by pointers that lead back`() throws {
        // Offset 12 holds "example.test"; the record's name points there and its data is "mx" and the same
        // pointer.
        var bytes = ResponseBuilder(Question(name, .mx)).bytes
        bytes[7] = 1
        bytes += [
            0xC0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0, 7, 0, 5, 2, UInt8(ascii: "M"), UInt8(ascii: "x"), 0xC0, 12,
        ]
        let message = try DNSMessage.decode(bytes)
        #expect(message.answers.first?.name == name)
        #expect(message.answers.first?.data == .mx(preference: 5, exchange: target))
    }

    @Test func `pointers to themselves, forward, and round in circles are refused`() {
        let header = ResponseBuilder(nil).bytes.dropLast(8) + [0, 1, 0, 0, 0, 0, 0, 0]
        for name in [
            [0xC0, 12], [0xC0, 14, 0xC0, 12], [1, 97, 0xC0, 12], [0xC0, 20, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]] {
            #expect(throws: DNSWireError.badPointer) { try DNSMessage.decode(header + name + [0, 1, 0, 1]) }
        }
        #expect(throws: DNSWireError.badPointer) { try DNSMessage.decode(header + [0x80, 1, 0, 0, 1, 0, 1]) }
    }

    @Test func `names longer than 255 bytes are refused`() {
        let header = ResponseBuilder(nil).bytes.dropLast(8) + [0, 1, 0, 0, 0, 0, 0, 0]
        let label = [63] + [UInt8](repeating: 97, count: 63)
        #expect(throws: DNSWireError.nameTooLong) {
            try DNSMessage.decode(header + Array([label, label, label, label].joined()) + [0, 0, 1, 0, 1])
        }
    }

    @Test func `data that does not fill its length is refused`() {
        var response = ResponseBuilder(Question(name, .a))
        response.add(name, .a, [1, 2, 3, 4, 5])
        #expect(throws: DNSWireError.badRecordData) { try DNSMessage.decode(response.bytes) }
        response = ResponseBuilder(Question(name, .txt))
        response.add(name, .txt, [5, 97])
        #expect(throws: DNSWireError.cutShort) { try DNSMessage.decode(response.bytes) }
    }

    @Test func `more records than the limit are refused before they are read`() {
        var bytes = ResponseBuilder(Question(name, .a)).bytes
        bytes[6] = 0xFF
        #expect(throws: DNSWireError.tooManyRecords) { try DNSMessage.decode(bytes) }
    }

    @Test func `a truncated message ends after its question`() throws {
        var bytes = everyType()
        bytes[2] |= 0x02
        let message = try DNSMessage.decode(Array(bytes[..<40]))
        #expect(message.flags.contains(.truncated))
        #expect(message.answers.isEmpty)
    }

    @Test func `every beginning of a message is refused, and none traps`() {
        let bytes = everyType()
        for count in 0..<bytes.count {
            #expect(throws: DNSWireError.self) { try DNSMessage.decode(Array(bytes[..<count])) }
        }
    }

    @Test func `names with any bytes print with escapes`() throws {
        var response = ResponseBuilder(Question(name, .ptr))
        response.add(name, .ptr, Array("\u{4}a.b\\\u{2}\u{0} \u{0}".utf8))
        let message = try DNSMessage.decode(response.bytes)
        guard case .ptr(let odd) = message.answers.first?.data else {
            Issue.record("no PTR")
            return
        }
        #expect(odd.description == "a\\.b\\\\.\\000\\032")
    }

    @Test func `a TTL with its top bit set counts as zero`() throws {
        var response = ResponseBuilder(Question(name, .a))
        response.add(name, .a, ttl: 0x8000_0001, [1, 2, 3, 4])
        #expect(try DNSMessage.decode(response.bytes).answers.first?.ttlSeconds == 0)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `mutated messages are read or refused, and never trap`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let original = everyType()
        for _ in 0..<4_000 {
            var bytes = original
            for _ in 0...Int.random(in: 0..<6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert([0xC0, 0x3F, 0, 255].randomElement(using: &random) ?? 0, at: index)
                default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0..<9, using: &random)))
                }
            }
            guard let message = try? DNSMessage.decode(bytes) else { continue }
            _ = ResponseReading(message, Question(name, .mx))
            #expect(message.answers.allSatisfy { $0.name.wire.count <= DomainName.maxWireBytes })
        }
    }
}
