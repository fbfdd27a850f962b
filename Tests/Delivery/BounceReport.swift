import SMTPWire

@testable import Delivery

/// What a bounce message of the corpus says of each recipient. It finds no more than these tests need: the
/// fields of a delivery status report (RFC 3464), or else the prose in front of the returned message.
struct BounceReport {
    struct Recipient {
        let status: EnhancedStatusCode?
        let diagnostic: String
    }

    let recipients: [Recipient]

    /// - Parameter count: recipients that the verdicts speak of. Prose is not parted by recipient.
    init(_ message: [UInt8], count: Int) {
        let lines = String(decoding: message, as: UTF8.self)
            .split(omittingEmptySubsequences: false) { $0.isNewline }
        let fields = Self.groups(lines)
        let reported = fields.prefix(count).compactMap { group in
            group["diagnostic-code"].map { text in
                Recipient(
                    status: Self.status(group),
                    diagnostic: text.split(separator: ";").dropFirst().isEmpty
                        ? text
                        : String(text[text.index(after: text.firstIndex(of: ";") ?? text.startIndex)...]))
            }
        }
        if reported.count == count {
            recipients = reported
        } else if count == 1 {
            recipients = [Recipient(status: fields.first.flatMap(Self.status), diagnostic: Self.prose(lines))]
        } else {
            recipients = []
        }
    }

    /// The fields of each recipient, their names in lower case.
    private static func groups(_ lines: [Substring]) -> [[String: String]] {
        lines.split(whereSeparator: { $0.allSatisfy(\.isWhitespace) }).compactMap { group in
            var fields: [String: String] = [:]
            var last: String?
            for line in group {
                if line.first?.isWhitespace == true, let last {
                    fields[last, default: ""] += " " + line.drop(while: \.isWhitespace)
                } else if let colon = line.firstIndex(of: ":"), !line[..<colon].contains(" ") {
                    let name = line[..<colon].lowercased()
                    if fields[name] == nil { fields[name] = String(line[line.index(after: colon)...]) }
                    last = name
                }
            }
            let isRecipient =
                fields["final-recipient"] != nil || fields["action"] != nil && fields["status"] != nil
                || fields["original-recipient"] != nil && fields["diagnostic-code"] != nil
            return isRecipient ? fields : nil
        }
    }

    private static func status(_ fields: [String: String]) -> EnhancedStatusCode? {
        fields["status"]?.split(separator: " ").lazy.compactMap { EnhancedStatusCode(String($0)) }.first
    }

    private static func prose(_ lines: [Substring]) -> String {
        let ends = [
            "received:", "return-path:", "message-id:", "content-type: message/rfc822",
            "content-type: text/rfc822", "--- below this line is a copy", "------ this is a copy",
        ]
        let skipped = ["content-", "mime-version:", "--"]
        var text: [Substring] = []
        for line in lines.drop(while: { !$0.isEmpty }) {
            let lower = line.lowercased()
            let isCopy =
                lower.hasPrefix("--")
                && ["original", "returned", "unsent", "undelivered", "message"].contains {
                    lower.drop { "- ".contains($0) }.hasPrefix($0)
                } && lower.contains("message")
            if isCopy || ends.contains(where: lower.hasPrefix), !text.allSatisfy(\.isEmpty) { break }
            if !skipped.contains(where: lower.hasPrefix) { text.append(line) }
        }
        return text.joined(separator: " ")
    }
}
