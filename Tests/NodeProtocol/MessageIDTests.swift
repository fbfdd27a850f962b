import FoundationEssentials
import NodeProtocol
import Testing

@Suite struct MessageIDTests {
    private let id = MessageID(milliseconds: 0x0123_4567_89AB, node: 0xBEEF, random: (.max, .max))

    @Test func `it is a UUIDv7 with the time in front and the node behind the variant`() throws {
        #expect(id.high == 0x0123_4567_89AB_7FFF)
        #expect(id.low >> 62 == 0b10)
        #expect(id.node == 0xBEEF)
        #expect(id.milliseconds == 0x0123_4567_89AB)
        let bytes = Array(id.description.utf8)
        #expect(bytes[14] == UInt8(ascii: "7"))
        #expect(Array("89ab".utf8).contains(bytes[19]))
        #expect(UUID(uuidString: id.description) != nil)
    }

    @Test func `any UUID is written in its canonical form in lower case`() {
        let edges = ["00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"]
        for uuid in edges.compactMap(UUID.init(uuidString:)) + (0..<100).map({ _ in UUID() }) {
            #expect(uuid.text == uuid.uuidString.lowercased())
            let id = MessageID(text: uuid.text)
            #expect(id?.hexadecimal == uuid.text.filter { $0 != "-" })
        }
    }

    @Test(arguments: [0, 1, 0x7FFF, 0x8000, .max] as [UInt16])
    func `the node number survives whatever the random words are`(node: UInt16) {
        for random in [0, 1, .max, 0xAAAA_AAAA_AAAA_AAAA] as [UInt64] {
            let id = MessageID(milliseconds: .max, node: node, random: (random, random))
            #expect(id.node == node)
            #expect(id.low >> 62 == 0b10)
            #expect(id.high & 0xF000 == 0x7000)
        }
    }

    @Test func `later ids sort behind earlier ones, as values and as texts`() {
        let ids = [1, 2, 1000, 1_800_000_000_000].map {
            MessageID(milliseconds: $0, node: .max, random: (.max, .max))
        }
        let next = MessageID(milliseconds: 1_800_000_000_001, node: 0, random: (0, 0))
        let all = ids + [next]
        #expect(all.sorted() == all)
        #expect(all.map(\.description).sorted() == all.map(\.description))
    }

    @Test func `each of its forms is read back`() {
        for text in [
            id.description, id.hexadecimal, "spl_\(id.hexadecimal)", id.description.uppercased(),
        ] {
            #expect(MessageID(text: text) == id, "\(text)")
        }
        let small = MessageID(high: 0, low: 1)
        #expect(small.hexadecimal.utf8.count == 32)
        #expect(MessageID(text: small.hexadecimal) == small)
    }

    @Test func `anything else is none`() {
        let digits = id.hexadecimal
        for text in [
            "", "spl_", "-", String(repeating: "-", count: 36), String(digits.dropLast()), digits + "0",
            digits.dropLast() + "g", digits + "-", "-" + digits, "SPL_" + digits, "spl_\(id)",
            "spl_spl_" + digits,
            " " + digits, digits + "\n", digits + "\0", "{\(id)}", "<\(id)>",
            "0-" + digits.dropFirst(), "０" + digits.dropFirst(),
            id.description.split(separator: "-").joined(separator: "--"),
        ] {
            #expect(MessageID(text: text) == nil, "\(text)")
        }
    }

    @Test func `it travels in JSON as its canonical text`() throws {
        let json = try JSONEncoder().encode([id])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(id)\"]")
        #expect(try JSONDecoder().decode([MessageID].self, from: json) == [id])
        for bad in ["[\"\"]", "[1]", "[null]", "[\"zz\"]"] {
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode([MessageID].self, from: Data(bad.utf8))
            }
        }
    }
}

@Suite struct TenantIDTests {
    @Test func `it is a UUID in canonical form, printed in lower case`() throws {
        let text = "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEE0F"
        let id = try #require(TenantID(text: text))
        #expect(id.description == text.lowercased())
        #expect(TenantsChunk.name(for: id) == "tenants/0f")
        #expect(SuppressionsChunk.name(for: id) == "suppressions/0f")
    }

    @Test(arguments: [
        "", "x", "aaaaaaaabbbb4ccc8dddeeeeeeeeee0f", "{AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEE0F}",
        "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEE0F ", " AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEE0F",
        "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEE0G", "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEE0F0",
        "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEE0F\0",
    ])
    func `no other text converts into one`(text: String) {
        #expect(TenantID(text: text) == nil)
    }
}
