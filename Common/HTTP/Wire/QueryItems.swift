/// The items of a query string or of an urlencoded form, in order; a key may come several times.
package struct QueryItems: Sendable {
    package let items: [(name: String, value: String)]

    /// - Parameter range: the part behind `?`. An item whose escapes are broken cannot come here: the parser
    ///   has refused the request.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        var items: [(name: String, value: String)] = []
        for item in bytes[range].split(separator: UInt8(ascii: "&")) {
            let equals = item.firstIndex(of: UInt8(ascii: "=")) ?? item.endIndex
            let valueStart = min(equals + 1, item.endIndex)
            items.append(
                (Self.text(bytes, item.startIndex..<equals), Self.text(bytes, valueStart..<item.endIndex)))
        }
        self.items = items
    }

    /// The first value of that name; an item without `=` has an empty one.
    package subscript(_ name: String) -> String? { items.first { $0.name == name }?.value }

    /// Every value of that name, in order.
    package func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    /// The names in order of their first appearance, each once: to refuse those that a route does not know.
    package var names: [String] {
        var seen: Set<String> = []
        return items.map(\.name).filter { seen.insert($0).inserted }
    }

    /// The value as a whole number, or `fallback` when it was not given.
    ///
    /// - Throws: 400 naming the item when it is no number or outside `range`.
    package func integer(
        _ name: String, default fallback: Int, in range: ClosedRange<Int>
    ) throws(APIError) -> Int {
        guard let text = self[name] else { return fallback }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2D }), let number = Int(text),
            range.contains(number)
        else {
            throw APIError(
                400, "invalid_parameter",
                "`\(name)` must be a whole number from \(range.lowerBound) to \(range.upperBound).",
                field: name)
        }
        return number
    }

    private static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(range.count)
        guard PercentDecoding.decode(bytes, range, plusIsSpace: true, into: &output) else { return "" }
        return String(decoding: output, as: UTF8.self)
    }
}
