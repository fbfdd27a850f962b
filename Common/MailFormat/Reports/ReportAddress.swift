/// An address as reports write it: `rfc822; jane@example.org`, `utf-8; …`, or without a type.
enum ReportAddress {
    private static let types = ["rfc822", "utf-8", "smtp", "unknown"]

    /// Nil for what is no e-mail address: a mailbox file, X.400, a local name, a redacted one.
    static func parse(_ value: String) -> String? {
        var text = value[...]
        var isInternational = false
        if let semicolon = text.firstIndex(of: ";") {
            let type = trimmed(text[..<semicolon]).lowercased()
            if types.contains(type) {
                isInternational = type == "utf-8"
                text = text[text.index(after: semicolon)...]
            }
        }
        text = trimmed(text)
        // A comment behind the address, or more than one pair of brackets.
        while text.hasPrefix("<"), text.hasSuffix(">") { text = text.dropFirst().dropLast() }
        let address = isInternational ? unescaped(text) : String(text)
        guard address.utf8.count <= MailAddress.maxBytes, let parsed = try? MailAddress(address) else {
            return nil
        }
        return parsed.description
    }

    /// The addresses of a list as it stands in To or X-Failed-Recipients.
    static func list(_ value: String) -> [String] {
        guard let list = try? AddressList(value) else { return [] }
        return list.mailboxes.prefix(DeliveryStatusReport.maxRecipients).map(\.address.description)
    }

    /// RFC 6533 §3: `\x{3B1}` stands for a character where only ASCII may stand.
    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let start = rest.firstRange(of: "\\x{"), let end = rest[start.upperBound...].firstIndex(of: "}")
        {
            let digits = rest[start.upperBound..<end]
            result += rest[..<start.lowerBound]
            if digits.utf8.count <= 6, let number = UInt32(digits, radix: 16),
                let scalar = Unicode.Scalar(number)
            {
                result.unicodeScalars.append(scalar)
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
