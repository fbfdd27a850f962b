/// Why a question has no answer, by what the caller does next.
package enum DNSError: Error, Sendable, Equatable {
    /// The name does not exist.
    case nxdomain
    /// The name exists, but has no record of the type.
    case noData
    /// The servers could not say (SERVFAIL, or an alias chain that does not end): try again later.
    case servfail
    /// No server answered in time, or none could be reached: try again later.
    case timedOut
    /// All servers declined to answer this question, or answered without recursion: try again later.
    case refused
    /// All answers were unreadable: try again later.
    case malformed

    /// Whether the same question may be answered later; false when the answer is "there is none".
    package var isTransient: Bool {
        switch self {
        case .nxdomain, .noData: false
        case .servfail, .timedOut, .refused, .malformed: true
        }
    }
}

/// Why bytes are not a DNS message.
package enum DNSWireError: Error, Sendable, Equatable {
    /// A field ends after the end of the message or of its record.
    case cutShort
    /// A compression pointer does not point back, or a label has a reserved type.
    case badPointer
    /// A name is longer than 255 bytes on the wire.
    case nameTooLong
    /// A record's data does not fill its length.
    case badRecordData
    /// More than `DNSMessage.maxRecords` records or more than one question.
    case tooManyRecords
}
