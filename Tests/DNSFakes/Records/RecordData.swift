import EventLoop

/// What is wrong with the data of a record; each service says it in its own words.
package enum RecordFault: Error, Equatable, Sendable {
    case unknownType
    /// What was expected, for people.
    case malformed(String)
    case strings(CharacterStrings.Fault)
}

/// The checked data of one record, as a zone file has it.
package struct RecordData: Hashable, Sendable {
    /// In capital letters.
    package let type: String
    /// RFC 1035 §5.1: hosts with a dot at the end, strings in quotation marks.
    package let zoneText: String
    /// Of TXT records alone.
    package let strings: [[UInt8]]?

    /// What the fakes know of; the services know more.
    package static let types: Set<String> = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"]

    package init(strings: [[UInt8]]) {
        type = "TXT"
        self.strings = strings
        zoneText = CharacterStrings.text(strings)
    }

    private init(type: String, zoneText: String) {
        self.type = type
        self.zoneText = zoneText
        strings = nil
    }

    /// - Parameters:
    ///   - form: how strings of TXT records are written.
    ///   - needsDot: whether a host must end with a dot, as in Cloud DNS.
    package init(
        type: String, text: String, form: CharacterStrings.Form, needsDot: Bool = false
    ) throws(RecordFault) {
        guard Self.types.contains(type) else { throw .unknownType }
        if type == "TXT" {
            let strings: [[UInt8]]
            do throws(CharacterStrings.Fault) {
                strings = try CharacterStrings.parse(text, form)
            } catch {
                throw .strings(error)
            }
            guard !strings.isEmpty else { throw .malformed("at least one string") }
            self.init(strings: strings)
            return
        }
        let words = text.split(separator: " ").map(String.init)
        self.init(type: type, zoneText: try Self.checked(type, words, needsDot))
    }

    private static func checked(
        _ type: String, _ words: [String], _ needsDot: Bool
    ) throws(RecordFault) -> String {
        switch type {
        case "A":
            guard words.count == 1, case .ipv4? = SocketAddress(ip: words[0], port: 0) else {
                throw .malformed("an IPv4 address")
            }
            return words[0]
        case "AAAA":
            guard words.count == 1, case .ipv6? = SocketAddress(ip: words[0], port: 0) else {
                throw .malformed("an IPv6 address")
            }
            return words[0].lowercased()
        case "CNAME", "NS", "PTR":
            guard words.count == 1 else { throw .malformed("one domain name") }
            return try host(words[0], needsDot)
        case "MX":
            guard words.count == 2, let preference = UInt16(words[0]) else {
                throw .malformed("a preference and a mail host")
            }
            return "\(preference) \(try mailHost(words[1], needsDot))"
        case "SRV":
            let numbers = words.prefix(3).compactMap { UInt16($0) }
            guard words.count == 4, numbers.count == 3 else {
                throw .malformed("priority, weight, port and target")
            }
            return numbers.map(String.init).joined(separator: " ") + " " + (try host(words[3], needsDot))
        default: return try authority(words)
        }
    }

    private static func host(_ text: String, _ needsDot: Bool) throws(RecordFault) -> String {
        guard !needsDot || text.hasSuffix("."), let name = RecordName(text), !name.labels.isEmpty,
            SocketAddress(ip: text, port: 0) == nil
        else { throw .malformed("a domain name" + (needsDot ? " with a dot at the end" : "")) }
        return name.absolute
    }

    /// RFC 7505: a dot alone stands for "no mail".
    private static func mailHost(_ text: String, _ needsDot: Bool) throws(RecordFault) -> String {
        if text == "." { return "." }
        let host = try host(text, needsDot)
        guard RecordName(host)?.isHost == true else { throw .malformed("a host name") }
        return host
    }

    /// RFC 8659 §4.1: flags, tag, and a value in quotation marks.
    private static func authority(_ words: [String]) throws(RecordFault) -> String {
        guard words.count >= 3, UInt8(words[0]) != nil,
            ["issue", "issuewild", "iodef", "issuemail", "contactemail"].contains(words[1].lowercased()),
            let strings = try? CharacterStrings.parse(words[2...].joined(separator: " "), .quoted),
            strings.count == 1
        else { throw .malformed("flags, a tag and a quoted value") }
        return "\(words[0]) \(words[1].lowercased()) \(CharacterStrings.text(strings))"
    }
}

/// A record as the name servers serve it.
package struct ServedRecord: Hashable, Sendable {
    package let name: RecordName
    package let ttlSeconds: Int
    package let data: RecordData

    package init(name: RecordName, ttlSeconds: Int, data: RecordData) {
        self.name = name
        self.ttlSeconds = ttlSeconds
        self.data = data
    }
}
