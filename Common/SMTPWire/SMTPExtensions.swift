/// What a server offers in its answer to EHLO (RFC 5321 §4.1.1.1), to print and to read.
package struct SMTPExtensions: Hashable, Sendable {
    package var pipelining = false
    package var eightBitMIME = false
    package var smtpUTF8 = false
    package var chunking = false
    package var binaryMIME = false
    package var dsn = false
    package var enhancedStatusCodes = false
    package var startTLS = false
    package var requireTLS = false
    package var hasSize = false
    /// RFC 1870: nil when none is given, or when it is 0, which means no fixed limit.
    package var maxMessageBytes: Int?
    /// Upper case, in the server's order.
    package var authMechanisms: [String] = []
    /// RFC 9422 `LIMITS RCPTMAX=` and `MAILMAX=`: recipients a transaction, transactions a connection.
    package var maxRecipients: Int?
    package var maxTransactions: Int?

    package init() {}

    /// The 250 reply to EHLO: the server's name first, then one keyword a line.
    package func reply(greeting: String) -> SMTPReply {
        let flags: [(Bool, String)] = [
            (pipelining, "PIPELINING"), (hasSize, "SIZE \(maxMessageBytes ?? 0)"), (eightBitMIME, "8BITMIME"),
            (smtpUTF8, "SMTPUTF8"), (chunking, "CHUNKING"), (binaryMIME, "BINARYMIME"), (dsn, "DSN"),
            (enhancedStatusCodes, "ENHANCEDSTATUSCODES"), (startTLS, "STARTTLS"), (requireTLS, "REQUIRETLS"),
            (!authMechanisms.isEmpty, "AUTH \(authMechanisms.joined(separator: " "))"),
            (maxRecipients != nil || maxTransactions != nil, "LIMITS\(limits)"),
        ]
        return SMTPReply(250, lines: [greeting] + flags.filter(\.0).map(\.1))
    }

    private var limits: String {
        let mail = maxTransactions.map { " MAILMAX=\($0)" } ?? ""
        return mail + (maxRecipients.map { " RCPTMAX=\($0)" } ?? "")
    }

    /// Reads the keywords of a reply to EHLO; what is unknown or malformed is passed over.
    package init(reply: SMTPReply) {
        for line in reply.lines.dropFirst() { read(line) }
    }

    private mutating func read(_ line: String) {
        let words = line.utf8.split(whereSeparator: { $0 == .space || $0 == .tab }).map {
            Array($0)[...].keyword
        }
        guard let keyword = words.first else { return }
        switch keyword {
        case "PIPELINING": pipelining = true
        case "8BITMIME": eightBitMIME = true
        case "SMTPUTF8": smtpUTF8 = true
        case "CHUNKING": chunking = true
        case "BINARYMIME": binaryMIME = true
        case "DSN": dsn = true
        case "ENHANCEDSTATUSCODES": enhancedStatusCodes = true
        case "STARTTLS": startTLS = true
        case "REQUIRETLS": requireTLS = true
        case "SIZE":
            hasSize = true
            let limit = words.dropFirst().first.flatMap { Int($0) } ?? 0
            maxMessageBytes = limit > 0 ? limit : nil
        case "AUTH": add(words.dropFirst())
        case "LIMITS": readLimits(words.dropFirst())
        default:
            // Old servers wrote `AUTH=LOGIN` for clients older still.
            if keyword.hasPrefix("AUTH=") { add([String(keyword.dropFirst(5))] + words.dropFirst()) }
        }
    }

    private mutating func add(_ mechanisms: some Sequence<String>) {
        for mechanism in mechanisms where !mechanism.isEmpty && !authMechanisms.contains(mechanism) {
            authMechanisms.append(mechanism)
        }
    }

    private mutating func readLimits(_ words: ArraySlice<String>) {
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let value = Int(parts[1]), value > 0 else { continue }
            if parts[0] == "RCPTMAX" { maxRecipients = value }
            if parts[0] == "MAILMAX" { maxTransactions = value }
        }
    }
}
