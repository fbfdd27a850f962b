/// Reads the fields of a binary value from left to right; running out of bytes is an error, never a trap.
struct CellReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func take(_ count: Int) throws(CellError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw CellError("value is cut short") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws(CellError) -> Value {
        try take(MemoryLayout<Value>.size).reduce(0 as Value) { value, byte in
            (value << 8) | Value(truncatingIfNeeded: byte)
        }
    }
}

/// PostgreSQL's `numeric`: digits of base 10,000 with the weight of the first (`numeric_send` of the server).
///
/// Sums and averages have this type. Only what fits an integer or a double is wanted here.
struct Numeric {
    private let digits: [Int64]
    private let weight: Int
    private let isNegative: Bool

    init(_ reader: inout CellReader) throws(CellError) {
        let count = try reader.integer(Int16.self)
        weight = Int(try reader.integer(Int16.self))
        let sign = try reader.integer(UInt16.self)
        guard sign == 0 || sign == 0x4000 else { throw CellError("is not a finite number") }
        isNegative = sign == 0x4000
        _ = try reader.integer(Int16.self)
        var digits: [Int64] = []
        for _ in 0..<max(0, count) { digits.append(Int64(try reader.integer(Int16.self))) }
        self.digits = digits
    }

    func whole() throws(CellError) -> Int64 {
        guard digits.count <= weight + 1 || digits.dropFirst(max(0, weight + 1)).allSatisfy({ $0 == 0 })
        else {
            throw CellError("is not a whole number")
        }
        var value: Int64 = 0
        for position in 0..<max(0, weight + 1) {
            let digit = position < digits.count ? digits[position] : 0
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10_000)
            let (sum, carried) = scaled.addingReportingOverflow(digit)
            guard !overflow, !carried else { throw CellError("does not fit a bigint") }
            value = sum
        }
        return isNegative ? -value : value
    }

    func double() throws(CellError) -> Double {
        var value = 0.0
        for digit in digits { value = value * 10_000 + Double(digit) }
        // Dividing by a power is exact where multiplying by its inverse is not: 12.5 stays 12.5.
        var exponent = weight - digits.count + 1
        var scale = 1.0
        while exponent != 0 {
            scale *= 10_000
            exponent += exponent < 0 ? 1 : -1
        }
        let magnitude = weight - digits.count + 1 < 0 ? value / scale : value * scale
        return isNegative ? -magnitude : magnitude
    }
}

/// `inet` and `cidr` as text (`network_send` of the server: family, prefix bits, is-cidr, length, address).
enum NetworkAddressText {
    static func decode(_ cell: PostgresCell) throws(CellError) -> String {
        var reader = CellReader(cell.bytes)
        _ = try reader.integer(UInt8.self)
        let prefixBits = try reader.integer(UInt8.self)
        _ = try reader.integer(UInt8.self)
        let length = try reader.integer(UInt8.self)
        let address = Array(try reader.take(Int(length)))
        let text = address.count == 4 ? dotted(address) : groups(address)
        let isHost = cell.type == ReadOnlyType.inet && Int(prefixBits) == address.count * 8
        return isHost ? text : "\(text)/\(prefixBits)"
    }

    private static func dotted(_ address: [UInt8]) -> String {
        address.map { String($0) }.joined(separator: ".")
    }

    /// RFC 5952 §4.2: the longest run of two or more zero groups becomes `::`.
    private static func groups(_ address: [UInt8]) -> String {
        var words: [UInt16] = []
        for index in stride(from: 0, to: address.count - 1, by: 2) {
            words.append(UInt16(address[index]) << 8 | UInt16(address[index + 1]))
        }
        var best = 0..<0
        var start = 0
        for index in 0...words.count where index == words.count || words[index] != 0 {
            if index - start > max(1, best.count) { best = start..<index }
            start = index + 1
        }
        let hex = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard !best.isEmpty else { return hex(words[...]) }
        return hex(words[..<best.lowerBound]) + "::" + hex(words[best.upperBound...])
    }
}
