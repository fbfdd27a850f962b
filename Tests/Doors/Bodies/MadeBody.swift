import TestSupport

/// Makes bodies as callers send them and as they do not: fields that are there, absent, null or of another
/// type, texts short and long with every kind of escape, and broken bytes.
struct MadeBody {
    enum Kind: CaseIterable {
        case text, addresses, flag, time, texts, pairs, variables, attachments, tracking, tags, number
    }

    private(set) var random: SeededRandom
    /// How often something is wrong, of a hundred.
    let faults: Int

    init(seed: UInt64, faults: Int) {
        random = SeededRandom(seed: seed)
        self.faults = faults
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// Up to so many.
    mutating func count(_ most: Int) -> Int { Int.random(in: 0...most, using: &random) }

    mutating func one<Choice>(of choices: [Choice]) -> Choice {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    /// An object with some of the fields.
    mutating func object(_ fields: [(String, Kind)], required: Set<String> = []) -> String {
        var members: [String] = []
        for (name, kind) in fields where required.contains(name) || chance(30) {
            members.append("\(key(name)):\(space())\(value(kind))")
        }
        if chance(faults / 4) { members.append("\"strange\":1") }
        if chance(faults / 4), let first = members.first { members.append(first) }
        members.shuffle(using: &random)
        return "{" + space() + members.joined(separator: "," + space()) + "}"
    }

    /// The bytes of a text, some of them broken.
    mutating func bytes(of json: String) -> [UInt8] {
        var bytes = Array(json.utf8)
        if chance(faults / 3), !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] = one(of: [0x00, 0x1F, 0x22, 0x5C, 0x2C, 0x7B, 0x5D, 0xFF, 0xC3, 0x20])
        }
        if chance(faults / 10) { bytes.removeLast(Int.random(in: 0...min(3, bytes.count), using: &random)) }
        return bytes
    }

    mutating func value(_ kind: Kind) -> String {
        if chance(faults / 4) { return "null" }
        return sound(chance(faults) ? one(of: Kind.allCases) : kind)
    }

    private mutating func sound(_ kind: Kind) -> String {
        switch kind {
        case .text: return text()
        case .addresses: return chance(50) ? address() : list { $0.address() }
        case .flag: return one(of: ["true", "false"])
        case .time:
            return one(of: ["\"2027-01-16T00:00:00Z\"", "\"2027-01-16T00:00:00.5+01:00\"", "\"soon\""])
        case .texts: return list { $0.text() }
        case .pairs: return pairs { $0.chance(85) ? $0.text() : $0.scalar() }
        case .variables: return pairs { $0.anything(2) }
        case .attachments: return list { $0.attachment() }
        case .tracking: return object([("opens", .flag), ("clicks", .flag)])
        case .tags: return list { $0.chance(60) ? $0.text() : #"{"name":"n","value":"v"}"# }
        case .number: return scalar()
        }
    }

    private mutating func attachment() -> String {
        object(
            [("filename", .text), ("content", .text), ("content_type", .text), ("content_id", .text)],
            required: ["filename", "content"])
    }

    mutating func address() -> String {
        one(of: ["\"a@x.example\"", #""Jos\u00e9 <b@x.example>""#, "\"a@x.example, c@x.example\"", "\"\""])
    }

    private mutating func anything(_ depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 5 : 3), using: &random) {
        case 0, 1: return text()
        case 2: return scalar()
        case 3: return list { $0.anything(depth - 1) }
        default: return pairs { $0.anything(depth - 1) }
        }
    }

    private mutating func scalar() -> String {
        one(of: ["0", "-7", "1.5", "1e3", "123456789012345678901", "true", "false", "null"])
    }

    private mutating func list(_ element: (inout MadeBody) -> String) -> String {
        "[" + (0..<Int.random(in: 0...3, using: &random)).map { _ in element(&self) }.joined(separator: ", ")
            + "]"
    }

    private mutating func pairs(_ value: (inout MadeBody) -> String) -> String {
        let names = ["name", "code", "12", "a.b", "n\\u00e9", "x"].shuffled(using: &random)
        let count = Int.random(in: 0...4, using: &random)
        return "{" + names.prefix(count).map { "\"\($0)\":" + value(&self) }.joined(separator: ",") + "}"
    }

    /// A key, now and then with an escape.
    private mutating func key(_ name: String) -> String {
        guard chance(faults / 5), let first = name.utf8.first else { return "\"\(name)\"" }
        return "\"\\u00" + String(first, radix: 16) + name.dropFirst() + "\""
    }

    private mutating func space() -> String { one(of: ["", "", "", " ", "\n  ", "\t"]) }

    /// A text, now and then of some hundred bytes.
    mutating func text() -> String {
        let parts =
            chance(25) ? Int.random(in: 10...60, using: &random) : Int.random(in: 0...3, using: &random)
        let isPlain = chance(40)
        var text = "\""
        for _ in 0..<parts { text += isPlain ? "plain words of a letter, " : piece() }
        return text + "\""
    }

    private mutating func piece() -> String {
        if chance(1) { return one(of: [#"\uD83D"#, #"\uDE00x"#, #"\q"#, #"\u00g0"#]) }
        return one(of: [
            #"\n"#, #"\""#, #"\\"#, #"\/"#, #"\u00fc"#, #"\uD83D\uDE00"#, #"\t\r\b\f"#, "ü", "😀", "{{name}}",
            "several plain words ", "x", "\u{7F}", "\u{2028}", "[", "}",
        ])
    }
}

/// A value in words that are the same for equal values, whatever the order of what has none.
func canonical(_ value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    let children = mirror.children.map { child in
        (child.label.map { $0 + "=" } ?? "") + canonical(child.value)
    }
    switch mirror.displayStyle {
    case nil where children.isEmpty: return "\(type(of: value)):\(value)"
    case .enum where children.isEmpty: return "\(value)"
    case .dictionary, .set: return "{" + children.sorted().joined(separator: ",") + "}"
    default: return "\(type(of: value))(" + children.joined(separator: ",") + ")"
    }
}
