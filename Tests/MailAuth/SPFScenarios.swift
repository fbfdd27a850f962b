import MailAuth
import TestSupport

/// The scenarios of the published test suite for RFC 7208, from the few forms of YAML that its file uses.
struct SPFScenarios {
    struct Case {
        let name: String
        let helo: String
        let host: String
        let sender: String
        /// Any of them will do.
        let results: [String]
        let explanation: String?
    }

    struct Scenario {
        var description = ""
        var cases: [Case] = []
        var zones = SPFZones()
    }

    let scenarios: [Scenario]

    init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        scenarios = lines.split { $0.hasPrefix("---") }.map { Self.scenario(Array($0)) }
            .filter { !$0.cases.isEmpty }
    }

    /// A line with its continuations: the indent, the key, and the text behind it.
    private struct Entry {
        let indent: Int
        let key: String
        var value: String
    }

    private static func scenario(_ lines: [String]) -> Scenario {
        var scenario = Scenario()
        var section = ""
        var name = ""
        var fields: [String: String] = [:]
        func close() {
            if section == "tests", !name.isEmpty { scenario.cases.append(test(name, fields)) }
            fields = [:]
        }
        for entry in entries(lines) {
            switch entry.indent {
            case 0:
                close()
                (section, name) = (entry.key, "")
                if section == "description" { scenario.description = entry.value }
            case 2:
                close()
                name = SPFYAML.scalar(entry.key)
                if section == "zonedata" { scenario.zones.add(name) }
            default:
                if section == "tests" { fields[entry.key] = entry.value }
                if section == "zonedata" {
                    scenario.zones.add(name, String(entry.key.dropFirst(2)), SPFYAML.list(entry.value))
                }
            }
        }
        close()
        return scenario
    }

    private static func entries(_ lines: [String]) -> [Entry] {
        var entries: [Entry] = []
        for line in lines {
            let indent = line.prefix { $0 == " " }.count
            let text = line.dropFirst(indent)
            if text.isEmpty || text.hasPrefix("#") { continue }
            let isItem = text.hasPrefix("- ")
            let isContinuation = indent > 4 || (indent == 4 && !isItem && !text.contains(":"))
            if isContinuation, let last = entries.indices.last {
                entries[last].value += (entries[last].value.isEmpty ? "" : " ") + text
                continue
            }
            // The key ends at a colon before a space or the end of the line.
            let parts = text.split(separator: ": ", maxSplits: 1).map(String.init)
            let key =
                parts.count == 2 ? parts[0] : text.hasSuffix(":") ? String(text.dropLast()) : String(text)
            let value = parts.count == 2 ? parts[1].drop { $0 == " " } : ""
            let folded = value.hasPrefix(">") || value.hasPrefix("|")
            entries.append(Entry(indent: indent, key: key, value: folded ? "" : String(value)))
        }
        return entries
    }

    private static func test(_ name: String, _ fields: [String: String]) -> Case {
        Case(
            name: name, helo: SPFYAML.scalar(fields["helo"] ?? ""),
            host: SPFYAML.scalar(fields["host"] ?? ""), sender: SPFYAML.scalar(fields["mailfrom"] ?? ""),
            results: SPFYAML.list(fields["result"] ?? "").map { String(decoding: $0, as: UTF8.self) },
            explanation: fields["explanation"].map(SPFYAML.scalar))
    }
}

/// Scalars and lists on one line.
enum SPFYAML {
    static func scalar(_ text: String) -> String {
        String(decoding: list(text).first ?? [], as: UTF8.self)
    }

    /// The items of `[a, 'b', "c"]`, or the one scalar that the text is.
    static func list(_ text: String) -> [[UInt8]] {
        var rest = Array(text.utf8)[...]
        let isList = rest.first == UInt8(ascii: "[")
        if isList { rest = rest.dropFirst() }
        var items: [[UInt8]] = []
        while true {
            rest = rest.drop { $0 == 0x20 || ($0 == UInt8(ascii: ",") && isList) }
            guard let first = rest.first, !(isList && first == UInt8(ascii: "]")) else { break }
            switch first {
            case UInt8(ascii: "\""): items.append(doubleQuoted(&rest))
            case UInt8(ascii: "'"): items.append(singleQuoted(&rest))
            default: items.append(plain(&rest, isList: isList))
            }
            if !isList { break }
        }
        return items
    }

    private static func plain(_ rest: inout ArraySlice<UInt8>, isList: Bool) -> [UInt8] {
        var item: [UInt8] = []
        while let byte = rest.first {
            if isList, byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") { break }
            // A comment begins behind a space.
            if byte == UInt8(ascii: "#"), item.last == 0x20 { break }
            item.append(byte)
            rest = rest.dropFirst()
        }
        while item.last == 0x20 { item.removeLast() }
        return item
    }

    private static func singleQuoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        rest = rest.dropFirst()
        var item: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "'") {
                guard rest.first == byte else { break }
                rest = rest.dropFirst()
            }
            item.append(byte)
        }
        return item
    }

    private static func doubleQuoted(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
        rest = rest.dropFirst()
        var item: [UInt8] = []
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                item.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "x"):
                item.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0x3F)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "0"): item.append(0)
            case UInt8(ascii: "n"): item.append(0x0A)
            case UInt8(ascii: "r"): item.append(0x0D)
            case UInt8(ascii: "t"): item.append(0x09)
            default: item.append(escape)
            }
        }
        return item
    }
}
