import COpenSSL

/// Password hashing by scrypt (RFC 7914).
///
/// One call costs about 0.25 s of a core and 32 MiB, on purpose: run it on a pool of blocking threads,
/// never on a loop. The text form names its parameters, `$scrypt$ln=15,r=8,p=3$salt$hash`, so they can be
/// raised later.
package enum Scrypt {
    /// A longer password is refused, so that nobody makes the server hash megabytes.
    package static let maxPasswordBytes = 1024

    /// Hashes a password with a fresh salt.
    /// - Throws: `malformedInput` for an empty or too long password.
    package static func hash(_ password: String) throws(CryptoError) -> String {
        let salt = SecureRandom.bytes(16)
        let key = try derive(password, salt: salt, parameters: .current)
        let parameters = Parameters.current
        return "$scrypt$ln=\(parameters.logN),r=\(parameters.r),p=\(parameters.p)"
            + "$\(Base64.encode(salt))$\(Base64.encode(key))"
    }

    /// Whether `password` is the one that `hash` was made from. False, never an error, for a malformed hash.
    package static func verify(_ password: String, against hash: String) -> Bool {
        guard let stored = Stored(hash),
            let key = try? derive(password, salt: stored.salt, parameters: stored.parameters)
        else { return false }
        return constantTimeEqual(key, stored.key)
    }

    /// Whether the hash was made with other parameters than today's; hash again at the next good log-in.
    package static func needsRehash(_ hash: String) -> Bool { Stored(hash)?.parameters != .current }

    private struct Parameters: Equatable {
        var logN: Int
        var r: Int
        var p: Int
        static let current = Parameters(logN: 15, r: 8, p: 3)
        static let maxMemoryBytes = 256 << 20

        var memoryBytes: Int { (128 * r) << logN }
        var isAcceptable: Bool {
            (4...20).contains(logN) && (1...32).contains(r) && (1...16).contains(p)
                && memoryBytes <= Self.maxMemoryBytes
        }
    }

    private struct Stored {
        var parameters: Parameters
        var salt: [UInt8]
        var key: [UInt8]

        init?(_ text: String) {
            let fields = text.split(separator: "$", omittingEmptySubsequences: false)
            guard fields.count == 5, fields[0].isEmpty, fields[1] == "scrypt" else { return nil }
            let settings = fields[2].split(separator: ",")
            guard settings.count == 3, settings[0].hasPrefix("ln="), settings[1].hasPrefix("r="),
                settings[2].hasPrefix("p="), let logN = Int(settings[0].dropFirst(3)),
                let r = Int(settings[1].dropFirst(2)), let p = Int(settings[2].dropFirst(2)),
                let salt = Base64.decode(String(fields[3])), let key = Base64.decode(String(fields[4])),
                (8...64).contains(salt.count), key.count == 32
            else { return nil }
            parameters = Parameters(logN: logN, r: r, p: p)
            guard parameters.isAcceptable else { return nil }
            self.salt = salt
            self.key = key
        }
    }

    private static func derive(
        _ password: String, salt: [UInt8], parameters: Parameters
    ) throws(CryptoError) -> [UInt8] {
        let password = Array(password.utf8)
        guard !password.isEmpty, password.count <= maxPasswordBytes else {
            throw .malformedInput("a password has 1 to \(maxPasswordBytes) bytes")
        }
        var key = [UInt8](repeating: 0, count: 32)
        let done = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count,
                1 << UInt64(parameters.logN), UInt64(parameters.r), UInt64(parameters.p),
                UInt64(Parameters.maxMemoryBytes + (8 << 20)), &key, key.count)
        }
        guard done == 1 else { throw OpenSSL.failure("scrypt") }
        return key
    }
}
