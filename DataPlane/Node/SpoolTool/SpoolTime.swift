import Times

/// Times and sizes as the tools print them.
enum SpoolTime {
    /// ISO 8601 with milliseconds, in UTC.
    static func text(_ milliseconds: Int64) -> String {
        RFC3339.text(milliseconds: milliseconds)
    }

    /// Such as `3 h 20 min`.
    static func age(seconds: Int64) -> String {
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3_600: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
        default: return "\(seconds / 86_400) days"
        }
    }

    /// Such as `1.5 MiB`.
    static func size(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["bytes", "KiB", "MiB", "GiB"] {
            if value < 1024 || unit == "GiB" {
                return unit == "bytes" ? "\(bytes) bytes" : "\(tenths(value)) \(unit)"
            }
            value /= 1024
        }
        return "\(bytes) bytes"
    }

    private static func tenths(_ value: Double) -> String {
        let number = Int((value * 10).rounded())
        return "\(number / 10).\(number % 10)"
    }
}
