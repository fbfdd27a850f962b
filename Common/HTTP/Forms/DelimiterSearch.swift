/// Finds the delimiters of a multipart body: CRLF, two hyphens and the boundary (Horspool's search).
struct DelimiterSearch {
    private let delimiter: [UInt8]
    /// How far a search may move on when the last byte looked at is this one.
    private let skips: [Int]

    init(boundary: [UInt8]) {
        delimiter = Array("\r\n--".utf8) + boundary
        var skips = [Int](repeating: delimiter.count, count: 256)
        for (offset, byte) in delimiter.dropLast().enumerated() {
            skips[Int(byte)] = delimiter.count - 1 - offset
        }
        self.skips = skips
    }

    var count: Int { delimiter.count }

    /// Where the first whole delimiter begins at or behind `start`.
    func first(in bytes: [UInt8], from start: Int) -> Int? {
        let last = delimiter.count - 1
        var position = start
        while position + last < bytes.count {
            let byte = bytes[position + last]
            if byte == delimiter[last], bytes[position..<position + last].elementsEqual(delimiter[..<last]) {
                return position
            }
            position += skips[Int(byte)]
        }
        return nil
    }
}
