import Crypto

/// Verifies the DKIM signatures of a message (RFC 6376 §6, RFC 8301, RFC 8463).
///
/// Keys are looked up by the caller; signatures that cannot be good whatever the key is cost no look-up.
/// `rsa-sha1` and RSA keys of fewer than 1024 bits are not accepted.
package enum DKIMVerifier {
    /// More signatures of one message are not checked.
    package static let maxSignatures = 10
    /// More key records at one name are not tried.
    static let maxKeyRecords = 4

    /// Verifies every signature, from the top of the message.
    /// - Parameters:
    ///   - message: with CRLF line ends. A header that cannot be read has no signatures.
    ///   - now: seconds since 1970.
    ///   - lookup: gives the TXT records (each with its strings joined) at `selector._domainkey.domain`,
    ///     none when the name does not exist; throws when DNS failed for now.
    package static func verify(
        _ message: [UInt8], now: Int, lookup: (_ selector: String, _ domain: String) async throws -> [String]
    ) async -> [DKIMVerification] {
        guard let fields = MessageFields(message) else { return [] }
        let name = Array("dkim-signature".utf8)
        var results: [DKIMVerification] = []
        for field in fields.fields where message.matches(name, in: field.name) {
            guard results.count < maxSignatures else {
                results.append(DKIMVerification(.permanentError(.tooManySignatures)))
                break
            }
            do throws(DKIMSignature.Refusal) {
                let signature = try DKIMSignature(field, of: message)
                results.append(await verify(signature, field, of: message, fields, now: now, lookup: lookup))
            } catch {
                results.append(
                    DKIMVerification(
                        .permanentError(error.problem), domain: error.domain, selector: error.selector))
            }
        }
        return results
    }

    private static func verify(
        _ signature: DKIMSignature, _ field: MessageFields.Field, of message: [UInt8],
        _ fields: MessageFields,
        now: Int, lookup: (String, String) async throws -> [String]
    ) async -> DKIMVerification {
        if let expiresAt = signature.expiresAt, expiresAt < now {
            return DKIMVerification(.fail(.expired), signature)
        }
        let body = DKIMBodyHash(
            message, from: fields.bodyStart, canonicalization: signature.body,
            limitBytes: signature.bodyLimitBytes)
        if let limit = signature.bodyLimitBytes, limit > body.canonicalByteCount {
            return DKIMVerification(.permanentError(.bodyShorterThanSigned), signature)
        }
        guard constantTimeEqual(body.digest, signature.bodyHash) else {
            return DKIMVerification(.fail(.bodyHashMismatch), signature)
        }
        let records: [String]
        do { records = try await lookup(signature.selector, signature.domain) } catch {
            return DKIMVerification(.temporaryError(.keyLookupFailed), signature)
        }
        let digest = Digest.sha256(signature.signedInput(field, of: message, fields.fields))
        let unsigned = signature.bodyLimitBytes.map { body.canonicalByteCount - $0 } ?? 0
        return best(
            of: records.prefix(maxKeyRecords).map { check($0, signature, digest: digest, unsigned: unsigned) }
        )
            ?? DKIMVerification(.permanentError(.noKey), signature)
    }

    /// §3.6.2.2 leaves several records at one name undefined; one good key among them is enough.
    private static func best(of results: [DKIMVerification]) -> DKIMVerification? {
        results.first { $0.result == .pass } ?? results.first
    }

    private static func check(
        _ text: String, _ signature: DKIMSignature, digest: [UInt8], unsigned: Int
    ) -> DKIMVerification {
        guard let record = DKIMKeyRecord(text) else {
            return DKIMVerification(.permanentError(.malformedKey), signature)
        }
        let result: DKIMResult
        if let problem = record.problem(for: signature) {
            result = .permanentError(problem)
        } else {
            switch record.verifies(signature.signature, digest: digest, algorithm: signature.algorithm) {
            case true?: result = .pass
            case false?: result = .fail(.badSignature)
            case nil: result = .permanentError(.malformedKey)
            }
        }
        return DKIMVerification(result, signature, isTesting: record.isTesting, unsignedBodyBytes: unsigned)
    }
}

extension DKIMVerification {
    init(_ result: DKIMResult, domain: String? = nil, selector: String? = nil) {
        self.init(
            result: result, domain: domain, selector: selector, identity: nil, isTesting: false,
            unsignedBodyBytes: 0)
    }

    init(
        _ result: DKIMResult, _ signature: DKIMSignature, isTesting: Bool = false, unsignedBodyBytes: Int = 0
    ) {
        self.init(
            result: result, domain: signature.domain, selector: signature.selector,
            identity: signature.identity,
            isTesting: isTesting, unsignedBodyBytes: unsignedBodyBytes)
    }
}
