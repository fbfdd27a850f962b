import EventLoop
import SMTPWire

/// What became of one recipient in one attempt. Indirect, because it is handed on unchanged.
package indirect enum Outcome: Hashable, Sendable {
    case delivered(Delivered)
    /// Not now; to be tried again unless the deadline says otherwise.
    case deferred(Undelivered)
    /// Not ever.
    case bounced(Undelivered)
}

/// The host that answered, for events.
package struct RemoteHost: Hashable, Sendable {
    package let name: String
    package let address: SocketAddress
    /// Such as `TLSv1.3`; nil for plain text.
    package let tlsVersion: String?
    package let tlsCipher: String?
    package let tlsVerified: Bool
    /// It offers DSN, and so tells of what it took by itself (RFC 3461 §5.2.1).
    package var reportsDeliveries = false

    init(_ candidate: MailCandidate, tls: TLSInfo?) {
        name = candidate.name
        address = candidate.address
        tlsVersion = tls?.protocolVersion
        tlsCipher = tls?.cipher
        tlsVerified = tls?.peerVerified ?? false
    }
}

package struct Delivered: Hashable, Sendable {
    package let host: RemoteHost
    /// Cut to what an event holds.
    package let reply: SMTPReply
    /// The host's own name for the message, read out of its reply.
    package let queueID: String?
}

package struct Undelivered: Error, Hashable, Sendable {
    /// Nil when no host was reached.
    package let host: RemoteHost?
    /// What was said; for failures without a reply, one in our own words. Cut to what an event holds.
    package let reply: SMTPReply
    /// Whether the words are the remote host's.
    package let isRemoteReply: Bool
    package let stage: SMTPStage
    package let classification: Classification
    /// The host named a time after which to come back.
    package let retryAfter: Duration?
    /// The final dot was sent and no reply came: the host may have taken the message.
    package let isAmbiguous: Bool
}

/// The outcome of the recipient at this place in the attempt's list.
package struct RecipientOutcome: Hashable, Sendable {
    package let index: Int
    package let outcome: Outcome
}

extension SMTPReply {
    /// Text of a remote host that is kept, in bytes: more would only fill events and tables.
    package static let maxKeptTextBytes = 1_000

    /// The reply with its text cut, for keeping.
    package var kept: SMTPReply {
        if isOneLine(maxBytes: Self.maxKeptTextBytes) { return self }
        var room = Self.maxKeptTextBytes
        var kept: [String] = []
        for line in lines {
            guard room > 0 else { break }
            let cut = line.utf8.count > room ? String(decoding: line.utf8.prefix(room), as: UTF8.self) : line
            kept.append(cut)
            room -= cut.utf8.count + 1
        }
        return SMTPReply(code, status, lines: kept)
    }
}
