import Bytes

/// One pass over JSON before it is decoded (RFC 8259): bounds its depth, and refuses what a decoder would let
/// pass but two readers could understand differently.
///
/// Refused: more than `maxDepth` levels, a key that comes twice in one object, NUL (written or escaped; a
/// database text cannot hold it), control characters, anything that does not begin like UTF-8 JSON. It does
/// not check the rest of the grammar: the decoder does.
struct JSONScanner {
    private enum Level {
        case array(FieldTable.Inside)
        /// Where the keys of this object begin in `keys`; whether the next string is a key; which are known.
        case object(firstKey: Int, expectsKey: Bool, fields: FieldTable?)
    }

    private let bytes: [UInt8]
    private let maxDepth: Int
    private var index = 0
    private var levels: [Level] = []
    private var keys: [Range<Int>] = []
    /// The decoder below lets a comma before a closing bracket pass.
    private var isBehindComma = false
    /// What the value that comes next may have inside.
    private var next: FieldTable.Inside
    /// Whether every field so far is one of the table.
    private var knowsAll = true
    private var longTexts: [Range<Int>] = []
    private var objectCount = 0

    /// What a table knows of a body.
    struct Knowledge {
        /// Whether it has every field that is there.
        let isWhole: Bool
        /// All objects, on every level.
        let objectCount: Int
        /// Where the texts of `LongText` fields stand that are worth to be left there.
        let longTexts: [Range<Int>]
    }

    /// - Parameter fields: those of the outermost object; nil: any.
    @discardableResult
    static func check(
        _ bytes: [UInt8], maxDepth: Int, fields: FieldTable? = nil
    ) throws(APIError) -> Knowledge {
        var scanner = JSONScanner(bytes: bytes, maxDepth: maxDepth, fields: fields)
        try scanner.scan()
        return Knowledge(
            isWhole: scanner.knowsAll, objectCount: scanner.objectCount, longTexts: scanner.longTexts)
    }

    private init(bytes: [UInt8], maxDepth: Int, fields: FieldTable?) {
        self.bytes = bytes
        self.maxDepth = maxDepth
        next = fields.map { .fields($0) } ?? .anything
    }

    private mutating func scan() throws(APIError) {
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case ASCII.space, ASCII.horizontalTab, ASCII.lineFeed, ASCII.carriageReturn:
                index += 1
                continue
            case ASCII.quote: try scanString()
            case UInt8(ascii: "{"): try openObject()
            case UInt8(ascii: "["): try open(.array(next))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): try close()
            case ASCII.comma: setExpectsKey(true)
            case ASCII.colon: setExpectsKey(false)
            default:
                guard ASCII.isVisible(byte) else {
                    throw JSONFailure.notJSON("a byte that JSON does not have")
                }
            }
            isBehindComma = byte == ASCII.comma
            index += 1
        }
        guard levels.isEmpty else { throw JSONFailure.notJSON("it ends too early") }
    }

    private mutating func openObject() throws(APIError) {
        objectCount += 1
        var fields: FieldTable?
        switch next {
        case .nothing, .longText: knowsAll = false
        case .anything: break
        case .fields(let table): fields = table
        }
        try open(.object(firstKey: keys.count, expectsKey: true, fields: fields))
        if fields == nil { next = .anything }
    }

    private mutating func open(_ level: Level) throws(APIError) {
        guard levels.count < maxDepth else {
            throw APIError(400, "invalid_json", "The JSON is nested deeper than \(maxDepth) levels.")
        }
        levels.append(level)
    }

    private mutating func close() throws(APIError) {
        guard let level = levels.popLast() else { throw JSONFailure.notJSON("a bracket is closed too often") }
        guard !isBehindComma else { throw JSONFailure.notJSON("a comma stands before a closing bracket") }
        if case .object(let firstKey, _, _) = level {
            try checkKeys(keys[firstKey...])
            keys.removeSubrange(firstKey...)
        }
        if case .array(let inside) = levels.last { next = inside }
    }

    private mutating func setExpectsKey(_ expectsKey: Bool) {
        guard case .object(let firstKey, _, let fields) = levels.last else { return }
        levels[levels.count - 1] = .object(firstKey: firstKey, expectsKey: expectsKey, fields: fields)
    }

    /// Leaves `index` on the closing quote.
    private mutating func scanString() throws(APIError) {
        let start = index + 1
        index = start
        var hasEscapes = false
        while true {
            skipOrdinary()
            guard index < bytes.count, bytes[index] != ASCII.quote else { break }
            if bytes[index] == ASCII.backslash {
                hasEscapes = true
                index += 1
                if isEscapedNUL { throw APIError(400, "invalid_json", "The JSON holds a NUL character.") }
            } else if bytes[index] < 0x20 {
                throw JSONFailure.notJSON("a control character stands in a string")
            }
            index += 1
        }
        guard index < bytes.count else { throw JSONFailure.notJSON("a string does not end") }
        guard case .object(_, let expectsKey, let fields) = levels.last else { return }
        if expectsKey {
            keys.append(start..<index)
            if let fields { take(bytes[start..<index], of: fields) }
        } else if case .longText = next, !hasEscapes, index - start >= LongTexts.minBytes {
            longTexts.append(start..<index)
        }
    }

    /// Passes what stands for itself in a string.
    private mutating func skipOrdinary() {
        index = bytes.withUnsafeBufferPointer { bytes in
            ByteRun.ofText(
                bytes, from: index, to: bytes.count, except: ASCII.quote, ASCII.backslash)
        }
    }

    /// A key with escapes is taken for an unknown one.
    private mutating func take(_ key: ArraySlice<UInt8>, of fields: FieldTable) {
        if let inside = fields.inside(key) {
            next = inside
        } else {
            next = .anything
            knowsAll = false
        }
    }

    private var isEscapedNUL: Bool {
        bytes.count - index > 5 && bytes[index] == UInt8(ascii: "u")
            && bytes[index + 1..<index + 5].allSatisfy { $0 == UInt8(ascii: "0") }
    }

    private func checkKeys(_ ranges: ArraySlice<Range<Int>>) throws(APIError) {
        guard ranges.count > 1 else { return }
        if ranges.count <= 8, !ranges.contains(where: { bytes[$0].contains(ASCII.backslash) }) {
            for (offset, range) in ranges.enumerated() {
                for other in ranges.dropFirst(offset + 1)
                where range.count == other.count && bytes[range].elementsEqual(bytes[other]) {
                    throw Self.duplicate(bytes[range])
                }
            }
            return
        }
        var seen: Set<ArraySlice<UInt8>> = []
        for range in ranges where !seen.insert(unescaped(range)).inserted {
            throw Self.duplicate(bytes[range])
        }
    }

    private static func duplicate(_ key: ArraySlice<UInt8>) -> APIError {
        let name = FieldPath.printable(String(decoding: key, as: UTF8.self))
        return APIError(400, "invalid_json", "The field `\(name)` is given twice.", field: name)
    }

    /// A key with its escapes resolved, so that `"a"` and `"\u0061"` are seen to be the same.
    private func unescaped(_ range: Range<Int>) -> ArraySlice<UInt8> {
        guard bytes[range].contains(ASCII.backslash) else { return bytes[range] }
        var units: [UInt16] = []
        var rest = String(decoding: bytes[range], as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == UInt16(ASCII.backslash), let escape = rest.popFirst() else {
                units.append(unit)
                continue
            }
            switch escape {
            case 0x75:
                let digits = String(decoding: rest.prefix(4), as: UTF16.self)
                units.append(UInt16(digits, radix: 16) ?? 0xFFFD)
                rest = rest.dropFirst(4)
            case 0x62: units.append(0x08)
            case 0x66: units.append(0x0C)
            case 0x6E: units.append(0x0A)
            case 0x72: units.append(0x0D)
            case 0x74: units.append(0x09)
            default: units.append(escape)
            }
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)[...]
    }
}
