/// What every message must keep to, whichever door it comes through: what admission refuses by, and what an
/// analysis foretells.
package enum MessageRules {
    /// Who asks for more has most likely mixed up his units.
    package static let maxScheduleMilliseconds: Int64 = 366 * 86_400_000
    package static let streams = ["transactional", "bulk"]

    private static let maxTags = 20
    private static let maxTagBytes = 128
    private static let maxMetadata = 50
    private static let maxMetadataBytes = 16_384

    /// What is wrong with the tags; nil when nothing is.
    package static func problem(tags: [String]) -> String? {
        let isGood = tags.count <= maxTags && tags.allSatisfy { (1...maxTagBytes).contains($0.utf8.count) }
        return isGood ? nil : "at most \(maxTags) tags of 1 to \(maxTagBytes) bytes"
    }

    /// What is wrong with the metadata; nil when nothing is.
    package static func problem(metadata: [String: String]) -> String? {
        let bytes = metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        let isGood = metadata.count <= maxMetadata && bytes <= maxMetadataBytes
        return isGood
            ? nil : "at most \(maxMetadata) entries and \(maxMetadataBytes / 1024) KiB of metadata"
    }

    /// What is wrong with a time to send at; nil when nothing is, and for one that has passed, which is at
    /// once.
    ///
    /// - Parameters:
    ///   - scheduledAt: milliseconds since 1970.
    ///   - now: the same.
    package static func problem(scheduledAt: Int64, now: Int64) -> String? {
        scheduledAt > now + maxScheduleMilliseconds
            ? "a message may be scheduled at most 366 days ahead" : nil
    }
}
