/// The id of one request, made by us: it is in the response's `X-Request-ID`, the access log and every error.
///
/// Not a secret and not from the caller: a caller's id could be chosen to mislead whoever reads the log.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// A fresh one outside of a server.
    package static func random() -> RequestID {
        RequestID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
    }

    /// 32 lower-case hexadecimal digits.
    package var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(to output: inout [UInt8]) {
        ASCII.appendHex(high, to: &output)
        ASCII.appendHex(low, to: &output)
    }
}

/// Makes request ids for one loop: random once, then counted and mixed, so that an id costs no system call.
struct RequestIDSource {
    private let high = UInt64.random(in: 0 ... .max)
    private var counter = UInt64.random(in: 0 ... .max)

    /// The finaliser of SplitMix64 is a bijection, so ids of one loop never repeat before 2^64 requests.
    mutating func next() -> RequestID {
        counter &+= 0x9E37_79B9_7F4A_7C15
        var mixed = counter
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return RequestID(high: high, low: mixed ^ (mixed >> 31))
    }
}
