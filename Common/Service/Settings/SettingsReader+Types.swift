import EventLoop

/// The typed reads. Each declares the setting and returns its value; nil as default makes it required, and
/// the
/// `optional…` forms return nil when the variable is unset.
extension SettingsReader {
    /// A text. Surrounding blanks are part of it.
    package mutating func string(_ name: String, default fallback: String? = nil, help: String) -> String {
        read(name, .text, fallback, fallback, help, expected: "a text") { $0 } ?? ""
    }

    package mutating func optionalString(_ name: String, help: String) -> String? {
        readOptional(name, .text, help, expected: "a text") { $0 }
    }

    /// One of a type's cases, written as its raw value.
    package mutating func choice<Value: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, default fallback: Value, help: String
    ) -> Value where Value.RawValue == String {
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return read(name, .choice, fallback, fallback.rawValue, help, expected: "one of \(names)") {
            Value(rawValue: $0)
        } ?? fallback
    }

    package mutating func int(
        _ name: String, default fallback: Int? = nil, in range: ClosedRange<Int>, unit: String? = nil,
        help: String
    ) -> Int {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return read(name, .integer, fallback, fallback.map(String.init), help, unit: unit, expected: expected)
        {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        } ?? range.lowerBound
    }

    /// `true`, `yes`, `on`, `1` or `false`, `no`, `off`, `0`.
    package mutating func bool(_ name: String, default fallback: Bool, help: String) -> Bool {
        read(name, .boolean, fallback, fallback ? "true" : "false", help, expected: "true or false") {
            switch $0.lowercased() {
            case "true", "yes", "on", "1": true
            case "false", "no", "off", "0": false
            default: nil
            }
        } ?? fallback
    }

    /// A time span such as `500ms`, `30s`, `5m`, `2h`, `1d` or `1h30m`.
    package mutating func duration(
        _ name: String, default fallback: Duration? = nil,
        in range: ClosedRange<Duration> = .zero ... .seconds(10 * 365 * 86_400), help: String
    ) -> Duration {
        let (low, high) = (DurationText.format(range.lowerBound), DurationText.format(range.upperBound))
        let expected = "a duration from \(low) to \(high), such as 500ms, 30s, 5m, 2h or 1d"
        return read(name, .duration, fallback, fallback.map(DurationText.format), help, expected: expected) {
            DurationText.parse($0).flatMap { range.contains($0) ? $0 : nil }
        } ?? range.lowerBound
    }

    /// A number of bytes such as `4096`, `512KiB`, `25MiB` or `10GiB`.
    package mutating func bytes(
        _ name: String, default fallback: Int? = nil, in range: ClosedRange<Int> = 0...(1 << 50), help: String
    ) -> Int {
        let (low, high) = (ByteCountText.format(range.lowerBound), ByteCountText.format(range.upperBound))
        let expected = "a size from \(low) to \(high), such as 512KiB, 25MiB or 10GiB"
        return read(name, .bytes, fallback, fallback.map(ByteCountText.format), help, expected: expected) {
            ByteCountText.parse($0).flatMap { range.contains($0) ? $0 : nil }
        } ?? range.lowerBound
    }

    /// An address to listen on or to connect to: `127.0.0.1:25`, `[::1]:25` or `unix:/path`; port 0 is any
    /// free port.
    package mutating func socketAddress(_ name: String, default fallback: String? = nil, help: String)
        -> String
    {
        read(name, .address, fallback, fallback, help, expected: Self.socketAddressExpected) {
            SocketAddress($0) == nil ? nil : $0
        } ?? ""
    }

    package mutating func optionalSocketAddress(_ name: String, help: String) -> String? {
        readOptional(name, .address, help, expected: Self.socketAddressExpected) {
            SocketAddress($0) == nil ? nil : $0
        }
    }

    /// A server's name or address with its port: `db.example.com:5432`, `127.0.0.1:53`, `[::1]:53`; the port
    /// is not 0.
    package mutating func hostAndPort(_ name: String, default fallback: String? = nil, help: String) -> String
    {
        read(name, .hostAndPort, fallback, fallback, help, expected: "host:port, such as mail.example.com:25")
        {
            HostAndPort.isValid($0) ? $0 : nil
        } ?? ""
    }

    /// An absolute URL with a host and one of the schemes.
    package mutating func url(
        _ name: String, default fallback: String? = nil, schemes: [String] = ["https", "http"], help: String
    ) -> String {
        read(name, .url, fallback, fallback, help, expected: Self.urlExpected(schemes)) {
            URLText.isAbsolute($0, schemes: schemes) ? $0 : nil
        } ?? ""
    }

    package mutating func optionalURL(
        _ name: String, schemes: [String] = ["https", "http"], help: String
    ) -> String? {
        readOptional(name, .url, help, expected: Self.urlExpected(schemes)) {
            URLText.isAbsolute($0, schemes: schemes) ? $0 : nil
        }
    }

    /// One or more URLs, separated by commas.
    package mutating func urls(
        _ name: String, default fallback: [String], schemes: [String] = ["https", "http"], help: String
    ) -> [String] {
        read(
            name, .list, fallback, fallback.joined(separator: ","), help,
            expected: "URLs separated by commas, each \(Self.urlExpected(schemes))"
        ) {
            let urls = $0.split(separator: ",").map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
            return !urls.isEmpty && urls.allSatisfy { URLText.isAbsolute($0, schemes: schemes) } ? urls : nil
        } ?? fallback
    }

    /// Texts separated by commas; blanks around them and empty ones are dropped.
    package mutating func list(_ name: String, default fallback: [String] = [], help: String) -> [String] {
        read(
            name, .list, fallback, fallback.joined(separator: ","), help,
            expected: "texts separated by commas"
        ) {
            $0.split(separator: ",").map { $0.trimmingBlanks() }.filter { !$0.isEmpty }
        } ?? fallback
    }

    /// A path of the file system, without NUL bytes.
    package mutating func path(_ name: String, default fallback: String? = nil, help: String) -> String {
        read(name, .path, fallback, fallback, help, expected: "a path") { $0.utf8.contains(0) ? nil : $0 }
            ?? ""
    }

    package mutating func optionalPath(_ name: String, help: String) -> String? {
        readOptional(name, .path, help, expected: "a path") { $0.utf8.contains(0) ? nil : $0 }
    }

    private static let socketAddressExpected =
        "address:port, such as 127.0.0.1:8025, [::1]:8025 or unix:/path"

    private static func urlExpected(_ schemes: [String]) -> String {
        "a URL that begins with \(schemes.map { "\($0)://" }.joined(separator: " or "))"
    }

    private mutating func read<Value>(
        _ name: String, _ kind: SettingDeclaration.Kind, _ fallback: Value?, _ fallbackText: String?,
        _ help: String,
        unit: String? = nil, expected: String, parse: (String) -> Value?
    ) -> Value? {
        let declaration = SettingDeclaration(
            name: name, kind: kind, defaultText: fallbackText, isRequired: fallback == nil, unit: unit,
            help: help)
        return value(of: declaration, default: fallback, expected: expected, parse: parse)
    }

    private mutating func readOptional<Value>(
        _ name: String, _ kind: SettingDeclaration.Kind, _ help: String, expected: String,
        parse: (String) -> Value?
    ) -> Value? {
        let declaration = SettingDeclaration(
            name: name, kind: kind, defaultText: nil, isRequired: false, unit: nil, help: help)
        return value(of: declaration, default: nil, expected: expected, parse: parse)
    }
}

extension Substring {
    func trimmingBlanks() -> String {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
