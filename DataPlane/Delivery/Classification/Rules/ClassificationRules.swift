/// The table, first match wins. Its order is its meaning:
///
/// 1. what hosts say about us and our rate (greylists, throttles, authentication, sender, reverse DNS), since
///    such texts like to mention recipients and mailboxes;
/// 2. what they say about the recipient, in words that mean nothing else;
/// 3. what they say about the message, our address and its reputation;
/// 4. enhanced status codes (RFC 3463, the IANA registry, and the private ones of Microsoft);
/// 5. words that say little, then bare reply codes.
///
/// Ids never change their meaning; a new row gets a new id. See infra/docs/classification.md.
extension ClassificationRule {
    static let all = clear + statusCodes + vagueWords + replyCodes

    /// Words that say what they mean.
    static let clear =
        waiting + throttling + lists + identity + domains + recipients + mailboxes + relaying + reputation
        + content + failures

    /// The last part follows from the content, so that no change goes unnamed.
    static let setID = "smtp-2-" + String(fingerprint % 0x1_0000_0000, radix: 16)

    /// FNV-1a over everything that decides.
    private static let fingerprint: UInt64 = {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for rule in all {
            for byte in "\(rule.canonical)\n".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return hash
    }()

    private var canonical: String {
        let statuses = statuses.map { "\($0.subject).\($0.details)" }.joined(separator: ",")
        let codes = codes.sorted().map(String.init).joined(separator: ",")
        return [
            id, category.rawValue, permanent.rawValue, transient.rawValue, "\(stages)", codes, statuses,
            phrases.joined(separator: ","),
        ].joined(separator: "|")
    }
}
