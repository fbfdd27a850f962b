import FoundationEssentials
import Testing

@testable import SMTPWire

@Suite struct SASLCredentialsTests {
    private func plain(_ text: String) throws -> SASLCredentials {
        try SASLCredentials(plain: Array(Data(text.utf8).base64EncodedString().utf8)[...])
    }

    @Test func `PLAIN gives user and password`() throws {
        #expect(try plain("\0joe\0s3cret") == SASLCredentials(username: "joe", password: "s3cret"))
        #expect(try plain("joe\0joe\0pä ß") == SASLCredentials(username: "joe", password: "pä ß"))
    }

    @Test func `PLAIN that is not three parts is refused`() {
        let long = String(repeating: "x", count: 256)
        for bad in ["", "joe", "\0joe", "\0\0p", "\0joe\0", "\0joe\0a\0b", "\0\(long)\0p", "\0joe\0\(long)"] {
            #expect(throws: SASLCredentials.Malformation.badContent) { try plain(bad) }
        }
        #expect(throws: SASLCredentials.Malformation.authorizationIdentity) { try plain("root\0joe\0x") }
        #expect(throws: SASLCredentials.Malformation.notBase64) {
            try SASLCredentials(plain: Array("a b".utf8)[...])
        }
        #expect(throws: SASLCredentials.Malformation.cancelled) {
            try SASLCredentials(plain: Array("*".utf8)[...])
        }
    }

    @Test func `LOGIN answers are decoded one by one`() throws {
        #expect(try SASLCredentials.loginAnswer(Array("am9l".utf8)[...]) == "joe")
        #expect(throws: SASLCredentials.Malformation.badContent) { try SASLCredentials.loginAnswer([]) }
    }
}
