import FoundationEssentials

/// One message as it came: its envelope, how it came, and its bytes after dot-stuffing was undone.
struct CaughtMessage: Caught {
    var number = 0
    let receivedAt: Date
    /// Empty for the null path.
    let sender: String
    /// Those that were accepted, in the order of RCPT.
    let recipients: [String]
    /// The name in EHLO or HELO.
    let clientName: String
    let clientAddress: String
    /// Such as `TLSv1.3`; nil when it came in the clear.
    let tlsVersion: String?
    let usesSMTPUTF8: Bool
    let content: [UInt8]

    var byteCount: Int { content.count }

    /// What the lists show.
    struct Summary: Encodable {
        let n: Int
        let from: String
        let to: [String]
        let size: Int
        let received_at: String
        let tls: String?
        let smtp_utf8: Bool
        let subject: String
        let client_name: String
        let client_address: String
    }

    var summary: Summary {
        Summary(
            n: number, from: sender, to: recipients, size: content.count, received_at: receivedAt.rfc3339,
            tls: tlsVersion, smtp_utf8: usesSMTPUTF8, subject: header("subject") ?? "",
            client_name: clientName,
            client_address: clientAddress)
    }

    /// The fields of the header in order, each unfolded, as they were written.
    var headers: [CaughtHeader] {
        var fields: [CaughtHeader] = []
        for line in headerLines {
            if let first = line.first, first == 0x20 || first == 0x09 {
                fields.last.map { fields[fields.count - 1] = $0.continued(by: line) }
            } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
                fields.append(
                    CaughtHeader(
                        name: String(decoding: line[..<colon], as: UTF8.self),
                        value: CaughtHeader.trimmed(line[(colon + 1)...])))
            }
        }
        return fields
    }

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

    /// What stands behind the empty line, as text when it is UTF-8.
    var bodyText: String? {
        let headerBytes = headerLines.reduce(0) { $0 + $1.count + 2 }
        return String(validating: content.dropFirst(headerBytes + 2), as: UTF8.self)
    }

    /// The lines before the first empty one, without CRLF.
    private var headerLines: [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = content[...]
        while let end = rest.firstIndex(of: 0x0A) {
            let line = rest[..<end].last == 0x0D ? rest[..<(end - 1)] : rest[..<end]
            guard !line.isEmpty else { break }
            lines.append(line)
            rest = rest[(end + 1)...]
        }
        return lines
    }
}

/// One field of a header.
struct CaughtHeader: Encodable {
    let name: String
    let value: String

    func continued(by line: ArraySlice<UInt8>) -> CaughtHeader {
        CaughtHeader(name: name, value: "\(value) \(Self.trimmed(line))")
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        var rest = bytes
        while let first = rest.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest = rest.dropLast() }
        return String(decoding: rest, as: UTF8.self)
    }
}

extension Date {
    /// With milliseconds, in UTC.
    var rfc3339: String { formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}
