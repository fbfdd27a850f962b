extension DNSMessage {
    private static let classIN: UInt16 = 1

    /// Reads a whole message.
    package static func decode(_ bytes: [UInt8]) throws(DNSWireError) -> DNSMessage {
        var reader = WireReader(bytes)
        let id = try reader.uint16()
        let bits = try reader.uint16()
        var message = DNSMessage(
            id: id, flags: Flags(rawValue: bits & 0xFFF0), responseCode: ResponseCode(rawValue: bits & 0xF))
        let questionCount = try reader.uint16()
        let counts = (try reader.uint16(), try reader.uint16(), try reader.uint16())
        guard questionCount <= 1, Int(counts.0) + Int(counts.1) + Int(counts.2) <= maxRecords else {
            throw .tooManyRecords
        }
        if questionCount == 1 { message.question = try question(&reader) }
        guard !message.flags.contains(.truncated) else { return message }
        message.answers = try records(counts.0, &reader)
        message.authority = try records(counts.1, &reader)
        message.additional = try records(counts.2, &reader)
        message.addExtendedCode()
        return message
    }

    /// Nil for a question of another class than IN, which nobody here asks.
    private static func question(_ reader: inout WireReader) throws(DNSWireError) -> Question? {
        let name = try reader.name()
        let type = RecordType(rawValue: try reader.uint16())
        return try reader.uint16() == classIN ? Question(name, type) : nil
    }

    private static func records(_ count: UInt16, _ reader: inout WireReader) throws(DNSWireError)
        -> [ResourceRecord]
    {
        var records: [ResourceRecord] = []
        for _ in 0..<count { records.append(try record(&reader)) }
        return records
    }

    private static func record(_ reader: inout WireReader) throws(DNSWireError) -> ResourceRecord {
        let name = try reader.name()
        let type = RecordType(rawValue: try reader.uint16())
        let recordClass = try reader.uint16()
        let ttl = try reader.uint32()
        let length = Int(try reader.uint16())
        let data = try reader.within(length) { (reader: inout WireReader) throws(DNSWireError) in
            recordClass == classIN ? try recordData(type, &reader) : .other(Array(reader.rest()))
        }
        // RFC 2181 §8: a TTL with its top bit set counts as zero. In OPT the field is no TTL.
        let isTime = type != .opt && ttl >> 31 == 1
        return ResourceRecord(
            name: name, type: type, recordClass: recordClass, ttlSeconds: isTime ? 0 : ttl, data: data)
    }

    private static func recordData(_ type: RecordType, _ reader: inout WireReader) throws(DNSWireError)
        -> RecordData
    {
        switch type {
        case .a: .a(try reader.uint32())
        case .aaaa: .aaaa(Array(try reader.take(16)))
        case .cname: .cname(try reader.name())
        case .ns: .ns(try reader.name())
        case .ptr: .ptr(try reader.name())
        case .mx: .mx(preference: try reader.uint16(), exchange: try reader.name())
        case .soa: .soa(try soa(&reader))
        case .tlsa: .tlsa(try tlsa(&reader))
        case .txt: .txt(try joinedStrings(&reader))
        default: .other(Array(reader.rest()))
        }
    }

    private static func soa(_ reader: inout WireReader) throws(DNSWireError) -> SOARecord {
        SOARecord(
            primaryServer: try reader.name(), mailbox: try reader.name(), serial: try reader.uint32(),
            refreshSeconds: try reader.uint32(), retrySeconds: try reader.uint32(),
            expireSeconds: try reader.uint32(), minimumSeconds: try reader.uint32())
    }

    private static func tlsa(_ reader: inout WireReader) throws(DNSWireError) -> TLSARecord {
        TLSARecord(
            usage: try reader.byte(), selector: try reader.byte(), matchingType: try reader.byte(),
            data: Array(reader.rest()))
    }

    private static func joinedStrings(_ reader: inout WireReader) throws(DNSWireError) -> [UInt8] {
        var joined: [UInt8] = []
        while reader.position < reader.end {
            let length = Int(try reader.byte())
            joined += try reader.take(length)
        }
        return joined
    }

    private mutating func addExtendedCode() {
        guard let opt = additional.first(where: { $0.type == .opt }) else { return }
        responseCode = ResponseCode(rawValue: UInt16(opt.ttlSeconds >> 24) << 4 | responseCode.rawValue)
    }
}
