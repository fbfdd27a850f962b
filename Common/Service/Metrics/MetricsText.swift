/// Writes the Prometheus text format 0.0.4.
struct MetricsText {
    private(set) var bytes: [UInt8] = []

    mutating func header(_ declaration: MetricsRegistry.Declaration) {
        bytes += "# HELP \(declaration.name) ".utf8
        appendEscaped(declaration.help, quotes: false)
        bytes += "\n# TYPE \(declaration.name) \(declaration.kind.rawValue)\n".utf8
    }

    mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        bytes += name.utf8
        for (index, label) in labels.enumerated() {
            bytes += "\(index == 0 ? "{" : ",")\(label.0)=\"".utf8
            appendEscaped(label.1, quotes: true)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes += "\(labels.isEmpty ? "" : "}") \(value)\n".utf8
    }

    /// Buckets are cumulative; the count is their total, so that a reader never sees the two disagree.
    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
        var total: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            total += count
            let bound = index < histogram.upperBounds.count ? histogram.upperBounds[index] : .infinity
            sample("\(name)_bucket", labels + [("le", Self.number(bound))], "\(total)")
        }
        sample("\(name)_sum", labels, Self.number(histogram.sum))
        sample("\(name)_count", labels, "\(total)")
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int(exactly: value) { return "\(whole)" }
        return "\(value)"
    }

    /// Letters, digits and underscores, not beginning with a digit.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || $0 == 0x5F
        }
    }

    private mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\"") where quotes: bytes += "\\\"".utf8
            default: bytes.append(byte)
            }
        }
    }
}
