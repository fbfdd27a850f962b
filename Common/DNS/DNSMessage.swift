/// A DNS message, RFC 1035 §4: bytes in, values out, without I/O.
///
/// `decode` refuses what is cut short, points forward, or does not fill its lengths; it never traps. Records
/// of types that are not read here stay as bytes. A message with the TC bit ends after its question, because
/// what follows may be cut anywhere and is asked for again over TCP.
///
/// Limits: 65,535 bytes (the length field of TCP), one question, `maxRecords` records in all sections
/// together.
package struct DNSMessage: Sendable, Equatable {
    package static let maxBytes = 65_535
    package static let maxRecords = 2_048
    /// RFC 9715: the size that passes the Internet's paths without fragmentation.
    package static let udpPayloadBytes = 1_232

    package var id: UInt16
    package var flags: Flags
    /// With the upper bits of EDNS (RFC 6891 §6.1.3) where the message has them.
    package var responseCode: ResponseCode
    package var question: Question?
    package var answers: [ResourceRecord] = []
    package var authority: [ResourceRecord] = []
    package var additional: [ResourceRecord] = []

    /// The bits of the header, RFC 1035 §4.1.1 and RFC 4035 §3.1.6.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let response = Flags(rawValue: 1 << 15)
        package static let authoritative = Flags(rawValue: 1 << 10)
        package static let truncated = Flags(rawValue: 1 << 9)
        package static let recursionDesired = Flags(rawValue: 1 << 8)
        package static let recursionAvailable = Flags(rawValue: 1 << 7)
        package static let authenticData = Flags(rawValue: 1 << 5)
        package static let checkingDisabled = Flags(rawValue: 1 << 4)

        /// Zero for a standard query.
        var opcode: UInt16 { rawValue >> 11 & 0xF }
    }

    package struct ResponseCode: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let noError = ResponseCode(rawValue: 0)
        package static let formatError = ResponseCode(rawValue: 1)
        package static let serverFailure = ResponseCode(rawValue: 2)
        package static let nameError = ResponseCode(rawValue: 3)
        package static let notImplemented = ResponseCode(rawValue: 4)
        package static let refused = ResponseCode(rawValue: 5)
        package static let badVersion = ResponseCode(rawValue: 16)
    }
}
