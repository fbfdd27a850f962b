import Crypto
import FoundationEssentials

/// The signature of a request between the planes: Ed25519 over method, path with query, signer, time, nonce
/// and the hash of the body, so that none of them can be changed and none can be sent twice.
package struct RequestSignature: Sendable, Equatable {
    /// How far the clocks of the planes may differ.
    package static let toleranceSeconds: Int64 = 300
    /// The signer: a node's number, or the id of the cluster's signing key.
    package static let signerHeader = "X-Dispatch-Signer"
    package static let timeHeader = "X-Dispatch-Time"
    package static let nonceHeader = "X-Dispatch-Nonce"
    package static let signatureHeader = "X-Dispatch-Request-Signature"
    /// The hash of the body, told beforehand where the body may be large: then the signature is checked
    /// before a byte of it is received.
    package static let bodyHashHeader = "X-Dispatch-Content-SHA256"

    /// Why a request was not believed.
    package enum Refusal: Error, Equatable, Sendable {
        case incomplete, outsideTolerance, badSignature
    }

    package let signer: String
    /// Seconds since 1970.
    package let time: Int64
    /// 1–64 characters; whoever verifies refuses one that it has seen within the tolerance.
    package let nonce: String
    package let signature: [UInt8]

    /// Reads the four headers.
    package init(header: (String) -> String?) throws(Refusal) {
        guard let signer = header(Self.signerHeader), signer.utf8.count <= 128,
            let time = header(Self.timeHeader).flatMap({ Int64($0) }),
            let nonce = header(Self.nonceHeader), (1...64).contains(nonce.utf8.count),
            let signature = header(Self.signatureHeader).flatMap({ Base64.decode(Array($0.utf8)) })
        else { throw .incomplete }
        self.signer = signer
        self.time = time
        self.nonce = nonce
        self.signature = signature
    }

    /// The headers that sign a request.
    package static func headers(
        method: String, path: String, body: [UInt8], signer: String, time: Int64, nonce: String,
        key: Ed25519PrivateKey
    ) throws(CryptoError) -> [(name: String, value: String)] {
        let signature = try key.sign(message(method, path, signer, time, nonce, hash(of: body)))
        return [
            (signerHeader, signer), (timeHeader, String(time)), (nonceHeader, nonce),
            (signatureHeader, Base64.encode(signature)),
        ]
    }

    /// Checks the signature and the time. The nonce is the caller's to remember.
    ///
    /// - Parameter now: seconds since 1970.
    package func verify(
        method: String, path: String, body: [UInt8], key: Ed25519PublicKey, now: Int64
    ) throws(Refusal) {
        try verify(method: method, path: path, bodyHash: Self.hash(of: body), key: key, now: now)
    }

    /// The same of a body that was not received yet.
    ///
    /// - Parameter bodyHash: as `hash(of:)` gives it; the caller holds the body against it.
    package func verify(
        method: String, path: String, bodyHash: String, key: Ed25519PublicKey, now: Int64
    ) throws(Refusal) {
        guard let distance = Self.distance(time, now), distance <= Self.toleranceSeconds else {
            throw .outsideTolerance
        }
        guard key.verify(signature, of: Self.message(method, path, signer, time, nonce, bodyHash)) else {
            throw .badSignature
        }
    }

    /// SHA-256 in hexadecimal.
    package static func hash(of body: [UInt8]) -> String { Hex.encode(Digest.sha256(body)) }

    private static func distance(_ left: Int64, _ right: Int64) -> Int64? {
        let (difference, overflow) = left.subtractingReportingOverflow(right)
        return overflow || difference == .min ? nil : abs(difference)
    }

    private static func message(
        _ method: String, _ path: String, _ signer: String, _ time: Int64, _ nonce: String, _ hash: String
    ) -> [UInt8] {
        Array("dispatch-request-1\n\(method)\n\(path)\n\(signer)\n\(time)\n\(nonce)\n\(hash)".utf8)
    }
}
