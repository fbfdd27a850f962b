/// The fields that every message is looked through for, told apart once when its header is read.
package enum StandardField: UInt8, CaseIterable, Sendable {
    // Those of which a message may have one (RFC 5322 §3.6, RFC 2045 §3), first.
    case date, from, sender, replyTo, to, cc, bcc, messageID, inReplyTo, references, subject, mimeVersion
    case contentType, contentTransferEncoding
    case received, resentFrom, resentSender, resentBcc, returnPath, dkimSignature, tlsRequired

    /// Whether a message may have one of it only.
    var isSingle: Bool { rawValue <= Self.contentTransferEncoding.rawValue }

    /// As it is written in a header.
    package var name: String {
        switch self {
        case .date: "Date"
        case .from: "From"
        case .sender: "Sender"
        case .replyTo: "Reply-To"
        case .to: "To"
        case .cc: "Cc"
        case .bcc: "Bcc"
        case .messageID: "Message-ID"
        case .inReplyTo: "In-Reply-To"
        case .references: "References"
        case .subject: "Subject"
        case .mimeVersion: "MIME-Version"
        case .contentType: "Content-Type"
        case .contentTransferEncoding: "Content-Transfer-Encoding"
        case .received: "Received"
        case .resentFrom: "Resent-From"
        case .resentSender: "Resent-Sender"
        case .resentBcc: "Resent-Bcc"
        case .returnPath: "Return-Path"
        case .dkimSignature: "DKIM-Signature"
        case .tlsRequired: "TLS-Required"
        }
    }

    /// The fields with names of so many bytes.
    private static let byNameBytes: [[(field: StandardField, name: [UInt8])]] = {
        let names = allCases.map { (field: $0, name: $0.name.utf8.map(\.lowercased)) }
        let longest = names.map(\.name.count).max() ?? 0
        return (0...longest).map { count in names.filter { $0.name.count == count } }
    }()

    /// The field of this name in any case; nil when it is none of these.
    init?(_ name: UnsafeBufferPointer<UInt8>) {
        guard name.count < Self.byNameBytes.count else { return nil }
        for candidate in Self.byNameBytes[name.count]
        where name.indices.allSatisfy({ name[$0].lowercased == candidate.name[$0] }) {
            self = candidate.field
            return
        }
        return nil
    }
}
