import MailAuth

/// The zone data of a scenario as a resolver. Names compare without case; records of the old type SPF stand
/// for TXT records where a name has none.
struct SPFZones: SPFResolver, Sendable {
    private struct Name: Sendable {
        var records: [(type: String, values: [[UInt8]])] = []
        var timesOut = false
        var hasNoTexts = false
    }

    private var names: [String: Name] = [:]
    private static let maxAliases = 10

    mutating func add(_ name: String) { names[name.lowercased(), default: Name()].timesOut = false }

    mutating func add(_ name: String, _ type: String, _ values: [[UInt8]]) {
        let name = name.lowercased()
        if type == "TIMEOUT" {
            names[name, default: Name()].timesOut = true
        } else if type == "TXT", values == [Array("NONE".utf8)] {
            names[name, default: Name()].hasNoTexts = true
        } else {
            names[name, default: Name()].records.append((type, values))
        }
    }

    func texts(_ name: String) async -> SPFAnswer<[[UInt8]]> {
        records(name, "TXT").map { lists in lists.map { $0.flatMap { $0 } } }
    }

    func addresses(_ name: String, ipv6: Bool) async -> SPFAnswer<[SPFAddress]> {
        records(name, ipv6 ? "AAAA" : "A").map { lists in
            lists.compactMap { list in
                list.first.flatMap { SPFAddress(String(decoding: $0, as: UTF8.self)) }
            }
        }
    }

    func mailHosts(_ name: String) async -> SPFAnswer<[String]> {
        records(name, "MX").map { lists in
            lists.compactMap { $0.last.map { String(decoding: $0, as: UTF8.self) } }
        }
    }

    func names(of address: SPFAddress) async -> SPFAnswer<[String]> {
        let text =
            address.isIPv6
            ? address.bytes.reversed().flatMap {
                [String($0 & 0xF, radix: 16), String($0 >> 4, radix: 16)]
            }.joined(separator: ".") + ".ip6.arpa"
            : address.bytes.reversed().map { String($0) }.joined(separator: ".") + ".in-addr.arpa"
        return records(text, "PTR").map { lists in
            lists.compactMap { $0.first.map { String(decoding: $0, as: UTF8.self) } }
        }
    }

    private func records(_ name: String, _ type: String) -> SPFAnswer<[[[UInt8]]]> {
        var name = name.lowercased()
        for _ in 0..<Self.maxAliases {
            guard let found = names[name] else { return .missing }
            if let alias = found.records.first(where: { $0.type == "CNAME" })?.values.first {
                name = String(decoding: alias, as: UTF8.self).lowercased()
                continue
            }
            var matching = found.records.filter { $0.type == type }
            if type == "TXT", matching.isEmpty, !found.hasNoTexts {
                matching = found.records.filter { $0.type == "SPF" }
            }
            if matching.isEmpty, found.timesOut { return .failed }
            return matching.isEmpty ? .missing : .found(matching.map(\.values))
        }
        return .failed
    }
}

extension SPFAnswer {
    fileprivate func map<Other>(_ body: (Value) -> Other) -> SPFAnswer<Other> {
        switch self {
        case .found(let value): .found(body(value))
        case .missing: .missing
        case .failed: .failed
        }
    }
}
