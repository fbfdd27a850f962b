import FoundationEssentials
import Times

/// JSON out of this service, in one spelling everywhere.
package enum JSON {
    /// Dates as RFC 3339 in UTC with seconds, slashes as they are, keys as the type spells them.
    ///
    /// - Parameter sorted: keys in alphabetic order, for documents that are compared.
    package static func encode(_ value: some Encodable, sorted: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = sorted ? [.withoutEscapingSlashes, .sortedKeys] : .withoutEscapingSlashes
        encoder.dateEncodingStrategy = .wholeSeconds
        return [UInt8](try encoder.encode(value))
    }
}
