/// The path of a request, split at its slashes and then percent-decoded, so that `%2F` stays inside its
/// segment.
///
/// A trailing slash counts as none. `.` and `..` are refused, however they are spelled: nobody who means well
/// sends them, and every proxy resolves them differently.
package struct RequestPath: Sendable {
    /// What the ranges point into: the head itself when nothing was escaped.
    let bytes: [UInt8]
    let segments: [Range<Int>]

    /// - Parameter range: begins at the first slash and ends before `?`; visible ASCII only.
    init(_ head: [UInt8], _ range: Range<Int>) throws(HTTPParseError) {
        var ranges: [Range<Int>] = []
        var hasEscape = false
        var start = range.lowerBound + 1
        var index = start
        while index < range.upperBound {
            if head[index] == ASCII.slash {
                ranges.append(start..<index)
                start = index + 1
            } else if head[index] == ASCII.percent {
                hasEscape = true
            }
            index += 1
        }
        if start < range.upperBound { ranges.append(start..<range.upperBound) }
        if hasEscape {
            (bytes, segments) = try Self.decoded(head, ranges)
        } else {
            (bytes, segments) = (head, ranges)
        }
        for segment in segments where Self.isDots(bytes, segment) {
            throw .malformed("The path holds a . or .. segment.")
        }
    }

    package var count: Int { segments.count }

    /// The decoded segment, or an empty text past the end.
    package subscript(_ index: Int) -> String {
        guard segments.indices.contains(index) else { return "" }
        return String(decoding: bytes[segments[index]], as: UTF8.self)
    }

    /// The decoded path with one slash before each segment.
    package var description: String {
        segments.isEmpty ? "/" : segments.indices.map { "/" + self[$0] }.joined()
    }

    /// The decoded segments from `index` on, joined by slashes.
    func joined(from index: Int) -> String {
        segments.indices.dropFirst(index).map { self[$0] }.joined(separator: "/")
    }

    private static func decoded(
        _ head: [UInt8], _ ranges: [Range<Int>]
    ) throws(HTTPParseError) -> ([UInt8], [Range<Int>]) {
        var output: [UInt8] = []
        var segments: [Range<Int>] = []
        for range in ranges {
            let start = output.count
            guard PercentDecoding.decode(head, range, plusIsSpace: false, into: &output) else {
                throw .malformed("The path holds a percent escape that is not valid.")
            }
            segments.append(start..<output.count)
        }
        guard String(validating: output, as: UTF8.self) != nil else {
            throw .malformed("The path is not UTF-8.")
        }
        return (output, segments)
    }

    private static func isDots(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        guard range.count == 1 || range.count == 2 else { return false }
        return range.allSatisfy { bytes[$0] == UInt8(ascii: ".") }
    }
}
