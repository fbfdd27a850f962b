/// A place in a text where the copy of each recipient has something of its own.
package struct LinkPlace: Sendable, Equatable {
    package enum Kind: UInt8, Sendable {
        /// An image that tells of an open is added.
        case pixel = 1
        /// A link that tells of a click takes the place of the `href` that stands there.
        case click = 2
        /// The link to unsubscribe at takes the place of `{{unsubscribe_url}}`.
        case unsubscribe = 3
        /// A paragraph with that link is added to HTML, or a line with it to plain text.
        case unsubscribeParagraph = 4
        case unsubscribeLine = 5
        /// List-Unsubscribe and List-Unsubscribe-Post are added to the header.
        case listUnsubscribe = 6
    }

    package let kind: Kind
    /// Bytes of the text; empty where something is added.
    package var range: Range<Int>

    package init(_ kind: Kind, _ range: Range<Int>) {
        self.kind = kind
        self.range = range
    }

    /// The same place when so many bytes have come before the text.
    package init(_ place: LinkPlace, behind count: Int) {
        self.init(place.kind, place.range.lowerBound + count..<place.range.upperBound + count)
    }
}

/// The places of a message, in order, as a few bytes each: they are kept beside it until it is delivered.
///
/// For each place: bytes since the end of the one before, bytes that it has, as LEB128, and its kind.
package struct LinkPlaces: Sendable, Equatable {
    package static let none = LinkPlaces(packed: [])

    package let packed: [UInt8]

    package var isEmpty: Bool { packed.isEmpty }

    package init(packed: [UInt8]) { self.packed = packed }

    /// - Parameters:
    ///   - places: in order, none within another.
    ///   - headBytes: what stands in the message before the text that they are counted in.
    package init(_ places: [LinkPlace], behind headBytes: Int = 0) {
        var packed: [UInt8] = []
        var end = -headBytes
        for place in places {
            Self.append(place.range.lowerBound - end, to: &packed)
            Self.append(place.range.count, to: &packed)
            packed.append(place.kind.rawValue)
            end = place.range.upperBound
        }
        self.packed = packed
    }

    /// Nil when the bytes are no list of places in a message of this length.
    package func places(in messageBytes: Int) -> [LinkPlace]? {
        var rest = packed[...]
        var places: [LinkPlace] = []
        var end = 0
        while !rest.isEmpty {
            guard let gap = Self.take(&rest), let count = Self.take(&rest),
                gap <= messageBytes - end, count <= messageBytes - end - gap,
                let kind = rest.popFirst().flatMap({ LinkPlace.Kind(rawValue: $0) })
            else { return nil }
            places.append(LinkPlace(kind, end + gap..<end + gap + count))
            end += gap + count
        }
        return places
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        var number = UInt(max(0, number))
        while number >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: number) | 0x80)
            number >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: number))
    }

    /// At most 42 bits.
    private static func take(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        var number = 0
        for shift in stride(from: 0, to: 42, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            number |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        return nil
    }
}
