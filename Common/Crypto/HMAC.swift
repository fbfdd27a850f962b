import COpenSSL

/// HMAC-SHA-256 (RFC 2104) with a key that is used often: each code starts from the two states that the key
/// leads to, which are computed once.
///
/// `@unchecked Sendable`: the states do not change between `init` and `deinit`.
package final class HMACKey: @unchecked Sendable {
    private static let blockBytes = 64
    private static let innerPad: UInt8 = 0x36
    private static let outerPad: UInt8 = 0x5C

    @exclusivity(unchecked) private var inner: SHA256Hasher
    @exclusivity(unchecked) private var outer: SHA256Hasher

    /// Any key length is allowed; 32 bytes is right.
    package init(_ key: some ByteSource) {
        (inner, outer) = key.withBytes { bytes in
            var key = bytes.count > Self.blockBytes ? Digest.sha256(bytes) : Array(bytes)
            defer { Self.wipe(&key) }
            return (Self.state(of: key, pad: Self.innerPad), Self.state(of: key, pad: Self.outerPad))
        }
    }

    deinit {
        inner.wipe()
        outer.wipe()
    }

    private static func state(of key: [UInt8], pad: UInt8) -> SHA256Hasher {
        var block = [UInt8](repeating: pad, count: blockBytes)
        defer { wipe(&block) }
        for (place, byte) in key.enumerated() { block[place] ^= byte }
        var state = SHA256Hasher()
        state.update(block)
        return state
    }

    private static func wipe(_ secret: inout [UInt8]) {
        secret.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    /// The code (32 bytes) of the parts as if they were one message.
    package func authenticate(_ parts: any ByteSource...) -> [UInt8] {
        var state = inner
        for part in parts { state.update(part) }
        return finish(state)
    }

    /// The same of one part.
    package func authenticate(_ message: [UInt8]) -> [UInt8] {
        var state = inner
        message.withUnsafeBufferPointer { state.update($0) }
        return finish(state)
    }

    /// Puts the first bytes of the code of a message behind `bytes`: for tags in places with little room.
    package func append(_ count: Int, ofCodeOf message: [UInt8], to bytes: inout [UInt8]) {
        var state = inner
        message.withUnsafeBufferPointer { state.update($0) }
        var code = outer
        state.finish { code.update($0) }
        code.finish { bytes.append(contentsOf: $0.prefix(count)) }
    }

    private func finish(_ message: consuming SHA256Hasher) -> [UInt8] {
        var state = outer
        message.finish { state.update($0) }
        return state.finish()
    }
}

/// One-shot HMAC (RFC 2104).
package enum HMAC {
    /// HMAC-SHA-256: 32 bytes. Compare with `constantTimeEqual`, never with `==`.
    package static func sha256(key: some ByteSource, message: some ByteSource) -> [UInt8] {
        HMACKey(key).authenticate(message)
    }
}
