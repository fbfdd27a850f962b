@testable import DNS

/// Puts responses together byte by byte, as a server would that compresses nothing.
struct ResponseBuilder {
    var id: UInt16 = 0
    var flags: DNSMessage.Flags = [.response, .recursionDesired, .recursionAvailable]
    var code: UInt16 = 0
    var question: Question?
    private(set) var sections: [[[UInt8]]] = [[], [], []]

    init(_ question: Question?) {
        self.question = question
    }

    enum Section: Int {
        case answer, authority, additional
    }

    static func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }
    static func long(_ value: UInt32) -> [UInt8] { word(Int(value >> 16)) + word(Int(value & 0xFFFF)) }

    mutating func add(_ name: DomainName, _ type: RecordType, ttl: UInt32 = 300, _ data: [UInt8]) {
        add(.answer, name, type, ttl: ttl, data)
    }

    mutating func add(
        _ section: Section, _ name: DomainName, _ type: RecordType, ttl: UInt32 = 300, _ data: [UInt8]
    ) {
        let head = name.wire + Self.word(Int(type.rawValue)) + [0, 1] + Self.long(ttl)
        sections[section.rawValue].append(head + Self.word(data.count) + data)
    }

    mutating func addSOA(_ zone: DomainName, ttl: UInt32, minimum: UInt32) {
        let times = [1, 2, 3, 4, minimum].flatMap { Self.long($0) }
        add(.authority, zone, .soa, ttl: ttl, zone.wire + zone.wire + times)
    }

    var bytes: [UInt8] {
        var bytes = Self.word(Int(id)) + Self.word(Int(flags.rawValue | code))
        bytes += Self.word(question == nil ? 0 : 1)
        for section in sections { bytes += Self.word(section.count) }
        if let question { bytes += question.name.wire + Self.word(Int(question.type.rawValue)) + [0, 1] }
        return bytes + sections.flatMap { $0.flatMap { $0 } }
    }
}
