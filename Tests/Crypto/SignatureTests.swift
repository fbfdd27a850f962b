import Crypto
import Testing

@Suite struct SignatureTests {
    private let message = Array("Dispatch sends mail".utf8)

    @Test func `Ed25519 agrees with another implementation`() throws {
        let key = try Ed25519PrivateKey(raw: (0..<32).map { UInt8($0) })
        #expect(
            Hex.encode(key.publicKey.raw)
                == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
        let signature = try key.sign(message)
        #expect(
            Hex.encode(signature)
                == "0934639eca336efe7c67aa3bc6bc4b4e50d6049c7a8113136c40ef0f9c5375e4"
                + "77447d481b97704356d970da23710c5a414fd685f0eabef96d4d7af6e1cb2a0b")
        #expect(key.publicKey.verify(signature, of: message))
        #expect(!key.publicKey.verify(signature, of: message.dropLast()))
        #expect(!key.publicKey.verify(Array(signature.dropLast()), of: message))
        #expect(key.publicKey.verify(try key.sign([] as [UInt8]), of: [] as [UInt8]))
    }

    @Test func `Ed25519 keys survive PEM and raw form`() throws {
        let key = try Ed25519PrivateKey.generate()
        #expect(try Ed25519PrivateKey(pem: key.pemEncoded()).raw == key.raw)
        #expect(try Ed25519PublicKey(pem: key.publicKey.pemEncoded()).raw == key.publicKey.raw)
        #expect(throws: CryptoError.self) { try Ed25519PrivateKey(raw: [1, 2, 3]) }
    }

    @Test func `RSA keys survive PEM and DER and sign alike`() throws {
        let key = try RSAPrivateKey.generate()
        #expect(key.bitCount == 2048)
        let signature = try key.sign(message)
        #expect(signature.count == 256)
        #expect(try RSAPrivateKey(pem: key.pemEncoded()).sign(message) == signature)
        #expect(
            try RSAPrivateKey(derEncoded: key.derEncoded()).sign(digest: Digest.sha256(message)) == signature)
        #expect(try key.pemEncoded().hasPrefix("-----BEGIN PRIVATE KEY-----"))
        let published = try RSAPublicKey(derEncoded: key.publicKey.derEncoded())
        #expect(published.verify(signature, of: message))
        #expect(published.verify(signature, digest: Digest.sha256(message)))
        #expect(!published.verify(signature, of: message + [0]))
        #expect(!published.verify(signature + [0], of: message))
        #expect(!published.verify([], of: message))
        #expect(try RSAPublicKey(pem: published.pemEncoded()).verify(signature, of: message))
    }

    @Test func `ES256 signatures have the raw form and survive DER`() throws {
        let key = try P256PrivateKey.generate()
        for _ in 0..<20 {
            let signature = try key.sign(message)
            #expect(signature.count == 64)
            #expect(key.publicKey.verify(signature, of: message))
            let der = try #require(ECDSASignature.der(fromRaw: signature))
            #expect(ECDSASignature.raw(fromDER: der) == signature)
            #expect(ECDSASignature.raw(fromDER: der + [0]) == nil)
        }
        #expect(!key.publicKey.verify([UInt8](repeating: 0, count: 64), of: message))
        #expect(
            try P256PrivateKey(pem: key.pemEncoded()).publicKey.derEncoded() == key.publicKey.derEncoded())
        #expect(try P256PublicKey(pem: key.publicKey.pemEncoded()).derEncoded() == key.publicKey.derEncoded())
    }

    @Test func `keys of the wrong kind or form are refused, never misread`() throws {
        let rsa = try RSAPrivateKey.generate().pemEncoded()
        let p256 = try P256PrivateKey.generate().pemEncoded()
        #expect(throws: CryptoError.self) { try RSAPrivateKey(pem: p256) }
        #expect(throws: CryptoError.self) { try P256PrivateKey(pem: rsa) }
        #expect(throws: CryptoError.self) { try Ed25519PrivateKey(pem: rsa) }
        #expect(throws: CryptoError.self) { try RSAPublicKey(pem: rsa) }
        #expect(throws: CryptoError.self) { try RSAPrivateKey(pem: "") }
        #expect(throws: CryptoError.self) { try RSAPrivateKey(pem: "-----BEGIN PRIVATE KEY-----") }
        #expect(throws: CryptoError.self) { try RSAPublicKey(derEncoded: [0x30, 0x82, 0xFF, 0xFF]) }
        #expect(throws: CryptoError.self) { try RSAPublicKey(modulus: [], exponent: [1]) }
        #expect(throws: CryptoError.self) {
            try P256PublicKey(x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 1, count: 32))
        }
    }

    @Test func `one key signs on several threads at once`() async throws {
        let rsa = try RSAPrivateKey.generate()
        let ed25519 = try Ed25519PrivateKey.generate()
        let message = message
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let mine = message + [UInt8(number)]
                    return try (0..<20).allSatisfy { _ in
                        let first = try rsa.publicKey.verify(rsa.sign(mine), of: mine)
                        let second = try ed25519.publicKey.verify(ed25519.sign(mine), of: mine)
                        return first && second
                    }
                }
            }
            for try await good in group { #expect(good) }
        }
    }
}
