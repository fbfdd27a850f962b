import Crypto

/// What a record says, decoded: two spellings of the same value are equal.
package enum RecordContent: Hashable, Sendable {
    /// The strings of a TXT record, joined without a separator (RFC 7208 §3.3, RFC 6376 §3.6.2.2).
    case txt([UInt8])
    /// RFC 1035 §3.3.9. The host is lower case without the final dot; empty for the null MX of RFC 7505.
    case mx(preference: UInt16, host: String)
    /// RFC 1035 §3.3.1: an alias of this host, written like that of an MX.
    case cname(String)
    /// A record that is only looked at, as the provider prints it.
    case other(String)

    package static func text(_ text: String) -> RecordContent { .txt(Array(text.utf8)) }

    /// Reads `10 mail.example.com.`
    package init(mailHost text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        if words.count == 2, let preference = UInt16(words[0]) {
            self = .mx(preference: preference, host: RecordKey.normal(String(words[1])))
        } else {
            self = .other(text)
        }
    }

    /// For people: the text, or `10 mail.example.com`.
    package var printed: String {
        switch self {
        case .txt(let bytes): String(decoding: bytes, as: UTF8.self)
        case .mx(let preference, let host): "\(preference) \(host.isEmpty ? "." : host)"
        case .cname(let host): host
        case .other(let text): text
        }
    }
}

extension RecordContent: Codable {
    private enum CodingKeys: CodingKey { case txt, preference, host, alias, other }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .txt(let bytes): try container.encode(Base64.encode(bytes), forKey: .txt)
        case .mx(let preference, let host):
            try container.encode(preference, forKey: .preference)
            try container.encode(host, forKey: .host)
        case .cname(let host): try container.encode(host, forKey: .alias)
        case .other(let text): try container.encode(text, forKey: .other)
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let text = try container.decodeIfPresent(String.self, forKey: .txt) {
            guard let bytes = Base64.decode(text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .txt, in: container, debugDescription: "no base64")
            }
            self = .txt(bytes)
        } else if let host = try container.decodeIfPresent(String.self, forKey: .host) {
            self = .mx(preference: try container.decode(UInt16.self, forKey: .preference), host: host)
        } else if let alias = try container.decodeIfPresent(String.self, forKey: .alias) {
            self = .cname(alias)
        } else {
            self = .other(try container.decode(String.self, forKey: .other))
        }
    }
}
