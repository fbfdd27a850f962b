import Bytes

/// One pass over JSON before it is decoded (RFC 8259): bounds its depth, and refuses what a decoder would let
/// pass but two readers could understand differently.
///
/// Refused: more than `maxDepth` levels, a key that comes twice in one object, NUL (written or escaped; a
/// database text cannot hold it), control characters, anything that does not begin like UTF-8 JSON. It does
/// not check the rest of the grammar: the decoder does.
struct JSONScanner {
    private struct Level {
        let isObject: Bool
        /// Of an object: where its keys begin in `keys`, which are known, and whether any has an escape.
        let firstKey: Int
        let fields: FieldTable?
        /// Where `given` has what is given of the table.
        let givenPlace: Int
        var hasEscapedKey = false
        /// Of a list: what its elements may have inside.
        let elements: FieldTable.Inside
        /// Whether the next string is a key once it is closed.
        let expectsKeyBehind: Bool
    }

    private let bytes: [UInt8]
    private let maxDepth: Int
    private var index = 0
    private var levels: [Level] = []
    private var keys: [Range<Int>] = []
    /// Whether the next string is a key.
    private var expectsKey = false
    /// The decoder below lets a comma before a closing bracket pass.
    private var isBehindComma = false
    /// What the value that comes next may have inside.
    private var next: FieldTable.Inside
    /// Whether every field so far is one of the table.
    private var knowsAll = true
    private var changes: [AbridgedBody.Change] = []
    private var given: [GivenFields] = []
    private var objectCount = 0

    /// What a table knows of a body.
    struct Knowledge {
        /// Whether it has every field that is there.
        let isWhole: Bool
        /// All objects, on every level.
        let objectCount: Int
        /// What is given of each table that objects were held against.
        let given: [GivenFields]
        /// What the decoder gets to see in another way than it stands there, in order.
        let changes: [AbridgedBody.Change]
    }

    /// - Parameter fields: those of the outermost object; nil: any.
    @discardableResult
    static func check(
        _ bytes: [UInt8], maxDepth: Int, fields: FieldTable? = nil
    ) throws(APIError) -> Knowledge {
        var scanner = JSONScanner(bytes: bytes, maxDepth: maxDepth, fields: fields)
        try scanner.scan()
        return Knowledge(
            isWhole: scanner.knowsAll, objectCount: scanner.objectCount, given: scanner.given,
            changes: scanner.changes)
    }

    private init(bytes: [UInt8], maxDepth: Int, fields: FieldTable?) {
        self.bytes = bytes
        self.maxDepth = maxDepth
        next = fields.map { .fields($0) } ?? .anything
        levels.reserveCapacity(8)
        keys.reserveCapacity(32)
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
            case UInt8(ascii: "["): try openList()
            case UInt8(ascii: "}"), UInt8(ascii: "]"): try close()
            case ASCII.comma: expectsKey = levels.last?.isObject ?? false
            case ASCII.colon: expectsKey = false
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
        case .nothing, .text, .longText, .oneOrList: knowsAll = false
        case .anything: break
        case .fields(let table): fields = table
        }
        try open(
            Level(
                isObject: true, firstKey: keys.count, fields: fields,
                givenPlace: fields.map { givenPlace(of: $0) } ?? 0, elements: .nothing,
                expectsKeyBehind: expectsKey))
        expectsKey = true
        if fields == nil { next = .anything }
    }

    private mutating func openList() throws(APIError) {
        try open(
            Level(
                isObject: false, firstKey: keys.count, fields: nil, givenPlace: 0, elements: next,
                expectsKeyBehind: expectsKey))
        expectsKey = false
    }

    private mutating func givenPlace(of fields: FieldTable) -> Int {
        if let place = given.firstIndex(where: { $0.fields === fields }) { return place }
        given.append(GivenFields(fields: fields))
        return given.count - 1
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
        if level.isObject, keys.count > level.firstKey {
            try checkKeys(keys[level.firstKey...], haveEscapes: level.hasEscapedKey)
            keys.removeSubrange(level.firstKey...)
        }
        expectsKey = level.expectsKeyBehind
        if let outer = levels.last, !outer.isObject { next = outer.elements }
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
        if expectsKey {
            takeKey(start..<index, hasEscapes: hasEscapes)
        } else {
            takeText(start..<index, hasEscapes: hasEscapes)
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
    private mutating func takeKey(_ range: Range<Int>, hasEscapes: Bool) {
        keys.append(range)
        if hasEscapes { levels[levels.count - 1].hasEscapedKey = true }
        let level = levels.count - 1
        guard let fields = levels[level].fields else { return }
        if let field = fields.field(bytes[range]) {
            next = field.inside
            given[levels[level].givenPlace].insert(field.place)
        } else {
            next = .anything
            knowsAll = false
        }
    }

    private mutating func takeText(_ range: Range<Int>, hasEscapes: Bool) {
        switch next {
        case .nothing, .anything, .fields: return
        case .longText:
            guard !hasEscapes, range.count >= AbridgedBody.minLongBytes else { return }
            changes.append(.cut(range, hasEscapes: false))
        case .text:
            guard range.count >= AbridgedBody.minTextBytes else { return }
            changes.append(.cut(range, hasEscapes: hasEscapes))
        case .oneOrList:
            guard levels.last?.isObject ?? false else { return }
            changes.append(.listed(range))
        }
        // A field has one value: what else stands there is no JSON, and is not to be remembered.
        if levels.last?.isObject ?? false { next = .nothing }
    }

    private var isEscapedNUL: Bool {
        bytes.count - index > 5 && bytes[index] == UInt8(ascii: "u")
            && bytes[index + 1..<index + 5].allSatisfy { $0 == UInt8(ascii: "0") }
    }

    private func checkKeys(_ ranges: ArraySlice<Range<Int>>, haveEscapes: Bool) throws(APIError) {
        guard ranges.count > 1 else { return }
        if ranges.count <= 8, !haveEscapes {
            for (offset, range) in ranges.enumerated() {
                for other in ranges.dropFirst(offset + 1)
                where range.count == other.count && bytes[range].elementsEqual(bytes[other]) {
                    throw Self.duplicate(bytes[range])
                }
            }
            return
        }
        var seen: Set<KeyText> = []
        seen.reserveCapacity(min(ranges.count, 1_024))
        for range in ranges where !seen.insert(KeyText(unescaped(range))).inserted {
            throw Self.duplicate(bytes[range])
        }
    }

    /// Hashed as a whole, where a list of bytes hashes each.
    private struct KeyText: Hashable {
        let bytes: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private static func duplicate(_ key: ArraySlice<UInt8>) -> APIError {
        let name = FieldPath.printable(String(decoding: key, as: UTF8.self))
        return APIError(400, "invalid_json", "The field `\(name)` is given twice.", field: name)
    }

    /// A key with its escapes resolved, so that `"a"` and `"\u0061"` are seen to be the same. One whose
    /// escapes are broken stays as it is: the decoder refuses it.
    private func unescaped(_ range: Range<Int>) -> ArraySlice<UInt8> {
        guard bytes[range].contains(ASCII.backslash), let text = JSONEscapes.text(of: bytes[range]) else {
            return bytes[range]
        }
        return Array(text.utf8)[...]
    }
}
