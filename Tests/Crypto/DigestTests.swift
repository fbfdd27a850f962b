import Crypto
import Testing

/// Expected values were computed with another implementation (Python's hashlib and hmac).
@Suite struct DigestTests {
    private let message = Array("Dispatch sends mail".utf8)

    @Test func `digests agree with another implementation`() {
        #expect(
            Hex.encode(Digest.sha256(message))
                == "f9ad681ad8ad84b69f86c7c98beb799247b50750aac1fd9b875babc8c2e905e5")
        #expect(Hex.encode(Digest.sha1(message)) == "814acd2a6d8844ff8f5dfb282a28d8df479b756f")
        #expect(
            Hex.encode(Digest.sha512(message))
                == "a64e7a47842576cd08bb4afe5580cc338b47f20aff3d4ea7cee43d1e3b00953c"
                + "a44366f540dc1ca9878938d24d8f8530ad27419720d2d0bf8569aacdc3492506")
        #expect(
            Hex.encode(Digest.sha256([] as [UInt8]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `a digest in pieces is the digest of the whole`() {
        for split in 0...message.count {
            var hasher = SHA256Hasher()
            hasher.update(message[..<split])
            hasher.update(message[split...])
            #expect(hasher.finish() == Digest.sha256(message))
        }
    }

    @Test func `authentication codes agree with another implementation`() {
        #expect(
            Hex.encode(HMAC.sha256(key: "a key", message: message))
                == "29e732bb875a5872e4ec3baabe232cad3fbe61aed8b85e3f27c02c867714f641")
        #expect(
            Hex.encode(HMAC.sha256(key: [] as [UInt8], message: message))
                == "f8d7b627378dd8daedac70e9b37c83ae00079d275f1de76bfe6ca50d7406b952")
        #expect(
            Hex.encode(HMAC.sha256(key: String(repeating: "k", count: 100), message: message))
                == "08da8551621067103b69e12fc76390220c02e1d21e56f9f88c8cc41577d75e49")
    }

    @Test func `a kept key authenticates many messages, in parts or whole`() {
        let key = HMACKey("a key")
        for _ in 0..<3 {
            #expect(
                key.authenticate(message[..<4], message[4...]) == HMAC.sha256(key: "a key", message: message))
        }
    }

    @Test func `constant-time comparison says what equality says`() {
        #expect(constantTimeEqual([1, 2, 3] as [UInt8], [1, 2, 3] as [UInt8]))
        #expect(!constantTimeEqual([1, 2, 3] as [UInt8], [1, 2, 4] as [UInt8]))
        #expect(!constantTimeEqual([1, 2, 3] as [UInt8], [1, 2] as [UInt8]))
        #expect(constantTimeEqual([] as [UInt8], [] as [UInt8]))
    }

    @Test func `keys derived by HKDF agree with another implementation`() throws {
        let derived = try HKDF.sha256(secret: "secret", salt: "salt", info: "info", count: 44)
        #expect(
            Hex.encode(derived)
                == "f6d2fcc47cb939deafe3853a1e641a27e6924aff7a63d09cb04ccfffbe4776efdda39ae362b1346092d8cb4e")
        #expect(throws: CryptoError.self) {
            try HKDF.sha256(secret: "secret", salt: "salt", info: "info", count: 8161)
        }
        #expect(try HKDF.sha256(secret: "secret", salt: "", info: "", count: 8160).count == 8160)
    }
}
