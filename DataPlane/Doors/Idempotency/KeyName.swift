import Admission
import Crypto

/// What stands for a key within its tenant: 128 bits of a hash over mode, route and key, so that test and
/// live, and two routes, never meet. Who called is not in it: a retry with the credential that took the place
/// of the one before is the same request.
struct KeyName: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    init(_ principal: Principal, route: String, key: String) {
        self.init(hashing: "\(principal.isTest ? "test" : "live")\n\(route)\n\(key)")
    }

    init(hashing text: String) { self.init(Digest.sha256(text)[...]) }

    /// The first 16 bytes, the most significant first; zeros where there are fewer.
    init(_ bytes: ArraySlice<UInt8>) {
        func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        high = word(bytes.prefix(8))
        low = word(bytes.dropFirst(8).prefix(8))
    }

    var bytes: [UInt8] {
        [high, low].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }
}
