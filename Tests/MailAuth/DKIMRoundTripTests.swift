import MailAuth
import Testing

@Suite struct DKIMRoundTripTests {
    @Test(arguments: DKIMFixtures.messages.keys.sorted(), ["rsa", "ed"])
    func `a signed message verifies with every canonicalization`(name: String, selector: String) async throws
    {
        let message = try #require(DKIMFixtures.messages[name])
        for (header, body) in DKIMFixtures.canonicalizations {
            let signer = try DKIMFixtures.signer(selector, header: header, body: body)
            let signed = try signer.sign(message, at: DKIMFixtures.now) + message
            let results = try await DKIMFixtures.verify(signed)
            #expect(results.map(\.result) == [.pass], "\(header)/\(body)")
            #expect(results.first?.domain == DKIMFixtures.domain)
            #expect(results.first?.identity == "@example.test")
        }
    }

    @Test func `two keys make two signatures that both pass`() async throws {
        let signers = [
            try DKIMFixtures.signer("rsa"), try DKIMFixtures.signer("ed", header: .simple, body: .simple),
        ]
        let field = try DKIMSigner.sign(DKIMFixtures.plain, with: signers, at: DKIMFixtures.now)
        let results = try await DKIMFixtures.verify(field + DKIMFixtures.plain)
        #expect(results.map(\.result) == [.pass, .pass])
        #expect(results.map(\.selector) == ["rsa", "ed"])
    }

    @Test func `the same message, key and time give the same bytes`() throws {
        for selector in ["rsa", "ed"] {
            let signer = try DKIMFixtures.signer(selector)
            let first = try signer.sign(DKIMFixtures.plain, at: 1000)
            #expect(try signer.sign(DKIMFixtures.plain, at: 1000) == first)
            #expect(try signer.sign(DKIMFixtures.plain, at: 1001) != first)
        }
    }

    @Test func `changing any signed byte makes the signature fail`() async throws {
        let message = DKIMFixtures.wire(
            "From: alice@example.test\nTo: bob@example.org\nSubject: hello\n\nDear Bob,\ngoodbye\n")
        for (header, body) in DKIMFixtures.canonicalizations {
            let field = try DKIMFixtures.signer("ed", header: header, body: body).sign(
                message, at: DKIMFixtures.now)
            let signed = field + message
            for index in signed.indices {
                var changed = signed
                // Stays a letter where it was one, so that the message keeps its shape and the signature
                // decides.
                changed[index] = changed[index] == UInt8(ascii: "q") ? UInt8(ascii: "z") : UInt8(ascii: "q")
                let results = try await DKIMFixtures.verify(changed)
                #expect(!results.contains { $0.result == .pass }, "\(header)/\(body) at \(index)")
            }
        }
    }

    @Test func `fields added later fail when they were oversigned`() async throws {
        let message = DKIMFixtures.wire("From: a@example.test\nSubject: s\n\nbody\n")
        let signed = try DKIMFixtures.signer("ed").sign(message, at: DKIMFixtures.now) + message
        for name in ["From", "Subject", "To", "Cc", "Reply-To", "Date", "Content-Type", "fRoM"] {
            let results = try await DKIMFixtures.verify(
                DKIMFixtures.wire("\(name): x@evil.example\n") + signed)
            #expect(results.map(\.result) == [.fail(.badSignature)], "\(name)")
        }
        let results = try await DKIMFixtures.verify(DKIMFixtures.wire("Received: by x\n") + signed)
        #expect(results.map(\.result) == [.pass])
    }

    @Test func `relaxed tolerates refolding and simple does not`() async throws {
        let message = DKIMFixtures.wire("From: a@example.test\nSubject: one two\n\na b \n\n")
        let refolded = DKIMFixtures.wire("FROM:a@example.test\nsubject:   one\n\ttwo  \n\na   b\n\n\n\n")
        for (header, body) in DKIMFixtures.canonicalizations {
            let field = try DKIMFixtures.signer("ed", header: header, body: body).sign(
                message, at: DKIMFixtures.now)
            let results = try await DKIMFixtures.verify(field + refolded)
            #expect((results.map(\.result) == [.pass]) == (header == .relaxed && body == .relaxed))
        }
    }
}
