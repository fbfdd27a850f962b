import COpenSSL

/// Random bytes that nobody can predict. The one place in this module, with the key generators and the sealed
/// boxes, that is not a pure function.
package enum SecureRandom {
    /// `count` random bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0, count <= Int(Int32.max) else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { output, written in
            if RAND_bytes(output.baseAddress, Int32(count)) != 1 {
                // OpenSSL could not seed itself; the kernel's generator is as good, only slower.
                _ = OpenSSL.drainErrors()
                var kernel = SystemRandomNumberGenerator()
                for index in 0..<count { output.initializeElement(at: index, to: kernel.next()) }
            }
            written = count
        }
    }

    /// A printable secret: the prefix and base62 characters that carry at least `bytes` bytes of randomness
    /// (32 bytes are 43 characters).
    package static func token(prefix: String, bytes count: Int) -> String {
        let length = (count * 8 * 1000 + 5953) / 5954  // 5.954 bits a character
        var characters: [UInt8] = []
        characters.reserveCapacity(length)
        while characters.count < length {
            // 248 = 4 * 62: what lies above would make the first characters likelier.
            for byte in bytes(length) where byte < 248 && characters.count < length {
                characters.append(alphabet[Int(byte % 62)])
            }
        }
        return prefix + String(decoding: characters, as: UTF8.self)
    }

    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}
