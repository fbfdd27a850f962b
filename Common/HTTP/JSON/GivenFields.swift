/// Which fields of a table the objects have that were held against it, all of them taken together.
struct GivenFields: Sendable {
    static let all = GivenFields(bits: .max)

    let fields: FieldTable?
    private var bits: UInt64

    init(fields: FieldTable) {
        self.fields = fields
        bits = 0
    }

    private init(bits: UInt64) {
        fields = nil
        self.bits = bits
    }

    /// Of the places from 63 on any stands for all.
    mutating func insert(_ place: Int) { bits |= Self.bit(place) }

    func contains(_ place: Int) -> Bool { bits & Self.bit(place) != 0 }

    private static func bit(_ place: Int) -> UInt64 { 1 << UInt64(min(place, 63)) }
}
