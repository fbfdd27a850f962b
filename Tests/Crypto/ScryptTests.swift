import Crypto
import Testing

@Suite struct ScryptTests {
    @Test func `a password verifies against its hash and no other does`() throws {
        let hash = try Scrypt.hash("correct horse battery staple")
        #expect(hash.hasPrefix("$scrypt$ln=15,r=8,p=3$"))
        #expect(Scrypt.verify("correct horse battery staple", against: hash))
        #expect(!Scrypt.verify("correct horse battery stapl", against: hash))
        #expect(!Scrypt.needsRehash(hash))
    }

    @Test func `a hash of another implementation with other parameters verifies`() {
        let hash =
            "$scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg==$6g3umF+uVrJsObaTZhIbbTlgrvOEFcCItdwSjtPF67M="
        #expect(Scrypt.verify("correct horse", against: hash))
        #expect(!Scrypt.verify("correct horsf", against: hash))
        #expect(Scrypt.needsRehash(hash))
    }

    @Test func `malformed and excessive hashes are refused without work`() {
        let tail = "$MDEyMzQ1Njc4OWFiY2RlZg==$6g3umF+uVrJsObaTZhIbbTlgrvOEFcCItdwSjtPF67M="
        for parameters in [
            "ln=30,r=8,p=1", "ln=-1,r=8,p=1", "ln=20,r=32,p=1", "ln=10,r=0,p=1", "ln=10,r=8", "r=8,ln=10,p=1",
            "ln=99999999999999999999,r=8,p=1",
        ] {
            #expect(!Scrypt.verify("correct horse", against: "$scrypt$" + parameters + tail))
        }
        for hash in ["", "$", "$scrypt$", "$scrypt$ln=10,r=8,p=1$$", "$argon2$ln=10,r=8,p=1" + tail] {
            #expect(!Scrypt.verify("correct horse", against: hash))
        }
    }

    @Test func `empty and very long passwords are refused`() {
        #expect(throws: CryptoError.self) { try Scrypt.hash("") }
        #expect(throws: CryptoError.self) { try Scrypt.hash(String(repeating: "a", count: 1025)) }
    }
}
