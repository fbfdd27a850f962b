extension DNSMessage {
    /// The bytes of a query.
    ///
    /// - Parameters:
    ///   - recursionDesired: true for a resolver, false for an authoritative server.
    ///   - edns: adds the OPT record of RFC 6891 with `udpPayloadBytes`; off for servers that answer it with
    ///     FORMERR.
    ///
    /// The AD bit is set, which asks a validating resolver to say whether the answer is authentic without
    /// sending the signatures along (RFC 6840 §5.7).
    package static func query(id: UInt16, _ question: Question, recursionDesired: Bool, edns: Bool) -> [UInt8]
    {
        var flags: Flags = .authenticData
        if recursionDesired { flags.insert(.recursionDesired) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(12 + question.name.wire.count + 4 + 11)
        append(id, to: &bytes)
        append(flags.rawValue, to: &bytes)
        for count in [1, 0, 0, edns ? 1 : 0] as [UInt16] { append(count, to: &bytes) }
        bytes += question.name.wire
        append(question.type.rawValue, to: &bytes)
        append(1, to: &bytes)
        if edns {
            bytes.append(0)
            append(RecordType.opt.rawValue, to: &bytes)
            append(UInt16(udpPayloadBytes), to: &bytes)
            bytes += [0, 0, 0, 0, 0, 0]
        }
        return bytes
    }

    private static func append(_ value: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(value & 0xFF))
    }
}
