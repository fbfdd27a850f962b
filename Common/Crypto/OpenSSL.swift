import COpenSSL

/// Everything cryptographic that Dispatch does, over OpenSSL 3.0.
///
/// What it is for: digests, authentication codes, passwords, authenticated encryption, signatures, sealed
/// boxes, JSON web tokens and certificates. Other modules never see an OpenSSL type.
///
/// What it promises: pure functions and immutable keys; every key may be used by several threads at once.
/// Nothing here reads a clock; only the functions that say so draw random bytes.
///
/// How it fails: whatever depends on input from outside throws `CryptoError` or `JWTError` and leaves
/// OpenSSL's error queue of the thread empty, so that a failure here never shows up in somebody's TLS
/// connection. Digests and authentication codes over valid memory fail only when memory is exhausted; that
/// ends the process, as it does everywhere in Swift.
///
/// Limits: RSA keys of 1024 to 4096 bits, tokens of 16 KiB, passwords of 1 KiB, key sets of 64 keys.
enum OpenSSL {
    // Fetched once: in OpenSSL 3.0 an algorithm that is looked up by each operation costs a contended lock.
    // `nonisolated(unsafe)`: the objects are immutable, counted atomically, and live as long as the process.
    nonisolated(unsafe) static let sha256: OpaquePointer = EVP_MD_fetch(nil, "SHA256", nil) ?? EVP_sha256()
    nonisolated(unsafe) static let sha1: OpaquePointer = EVP_MD_fetch(nil, "SHA1", nil) ?? EVP_sha1()
    nonisolated(unsafe) static let sha512: OpaquePointer = EVP_MD_fetch(nil, "SHA512", nil) ?? EVP_sha512()
    nonisolated(unsafe) static let aes256gcm: OpaquePointer =
        EVP_CIPHER_fetch(nil, "AES-256-GCM", nil) ?? EVP_aes_256_gcm()

    /// What OpenSSL has to say about the last failure on this thread; empties its queue.
    static func drainErrors() -> String {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            if code == 0 { break }
            if let reason = ERR_reason_error_string(code) { reasons.append(String(cString: reason)) }
        }
        return reasons.isEmpty ? "unknown" : reasons.joined(separator: ", ")
    }

    static func failure(_ operation: String) -> CryptoError { .library("\(operation): \(drainErrors())") }

    /// Ends the process when an operation failed that can fail only for lack of memory.
    static func mustSucceed(_ succeeded: Bool, _ operation: StaticString) {
        precondition(succeeded, "\(operation): \(drainErrors())")
    }

    /// The object, which can be missing only for lack of memory.
    static func mustHave(_ object: OpaquePointer?, _ operation: StaticString) -> OpaquePointer {
        guard let object else { preconditionFailure("\(operation): \(drainErrors())") }
        return object
    }
}
