/// Sizes as an operator writes them: `4096`, `512KiB`, `25MiB`, `10GiB`, `2TiB`; `kB`, `MB`, `GB`, `TB` are
/// decimal.
package enum ByteCountText {
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("B", 1), ("", 1),
    ]

    /// The number of bytes, or nil when the text is not a size or too large.
    package static func parse(_ text: String) -> Int? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let unitName = text[digits.endIndex...]
        guard let count = Int(String(digits) ?? ""), let unit = units.first(where: { $0.name == unitName })
        else {
            return nil
        }
        let (bytes, tooLarge) = count.multipliedReportingOverflow(by: unit.bytes)
        return tooLarge ? nil : bytes
    }

    /// The size in the largest binary unit that divides it.
    package static func format(_ bytes: Int) -> String {
        guard bytes != 0, let unit = units.prefix(4).first(where: { bytes % $0.bytes == 0 }) else {
            return "\(bytes)B"
        }
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}
