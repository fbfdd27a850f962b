import Crypto
import NodeProtocol
import Testing

@Suite struct RequestSignatureTests {
    private let key: Ed25519PrivateKey
    private let body = Array("a report".utf8)
    private let now: Int64 = 1_800_000_000

    init() throws { key = try Ed25519PrivateKey.generate() }

    private func headers() throws -> [String: String] {
        let headers = try RequestSignature.headers(
            method: "POST", path: "/api/v1/nodes/reports?x=1", body: body, signer: "7", time: now,
            nonce: "n-1", key: key)
        return Dictionary(uniqueKeysWithValues: headers.map { ($0.name, $0.value) })
    }

    private func refusal(
        _ headers: [String: String], method: String = "POST", path: String = "/api/v1/nodes/reports?x=1",
        body: [UInt8]? = nil, key: Ed25519PublicKey? = nil, now: Int64? = nil
    ) -> RequestSignature.Refusal? {
        do throws(RequestSignature.Refusal) {
            try RequestSignature { headers[$0] }.verify(
                method: method, path: path, body: body ?? self.body, key: key ?? self.key.publicKey,
                now: now ?? self.now)
            return nil
        } catch { return error }
    }

    @Test func `what was signed is believed`() throws {
        let headers = try headers()
        #expect(refusal(headers) == nil)
        #expect(try RequestSignature { headers[$0] }.signer == "7")
    }

    @Test func `each part that is changed is noticed`() throws {
        let headers = try headers()
        #expect(refusal(headers, method: "PUT") == .badSignature)
        #expect(refusal(headers, path: "/api/v1/nodes/reports?x=2") == .badSignature)
        #expect(refusal(headers, path: "/api/v1/nodes/reports") == .badSignature)
        #expect(refusal(headers, body: []) == .badSignature)
        #expect(refusal(headers, body: body + [0]) == .badSignature)
        #expect(refusal(headers, key: try Ed25519PrivateKey.generate().publicKey) == .badSignature)
        for (name, value) in [
            (RequestSignature.timeHeader, String(now + 1)), (RequestSignature.nonceHeader, "n-2"),
            (RequestSignature.signatureHeader, Base64.encode([UInt8](repeating: 0, count: 64))),
            (RequestSignature.signatureHeader, "AAAA"),
            (RequestSignature.signerHeader, "8"),
        ] {
            #expect(refusal(headers.merging([name: value]) { $1 }) == .badSignature, "\(name)")
        }
    }

    @Test func `a signature is checked before the body is there, by its hash`() throws {
        let headers = try headers()
        func refusal(_ hash: String) throws -> RequestSignature.Refusal? {
            let signature = try RequestSignature { headers[$0] }
            do throws(RequestSignature.Refusal) {
                try signature.verify(
                    method: "POST", path: "/api/v1/nodes/reports?x=1", bodyHash: hash, key: key.publicKey,
                    now: now)
                return nil
            } catch { return error }
        }
        #expect(try refusal(RequestSignature.hash(of: body)) == nil)
        #expect(try refusal(RequestSignature.hash(of: [])) == .badSignature)
        #expect(try refusal(RequestSignature.hash(of: body).uppercased()) == .badSignature)
    }

    @Test func `parts do not run into each other`() throws {
        let headers = Dictionary(
            uniqueKeysWithValues: try RequestSignature.headers(
                method: "POST", path: "/a", body: [], signer: "7", time: now, nonce: "x", key: key
            ).map { ($0.name, $0.value) })
        #expect(refusal(headers, method: "POST\n/a", path: "", body: []) == .badSignature)
        #expect(
            refusal(headers.merging([RequestSignature.nonceHeader: "x\n"]) { $1 }, path: "/a", body: [])
                != nil)
    }

    @Test func `the clocks may differ by the tolerance and no more`() throws {
        let headers = try headers()
        let tolerance = RequestSignature.toleranceSeconds
        #expect(refusal(headers, now: now + tolerance) == nil)
        #expect(refusal(headers, now: now - tolerance) == nil)
        for far in [now + tolerance + 1, now - tolerance - 1, .max, .min, 0] {
            #expect(refusal(headers, now: far) == .outsideTolerance)
        }
        for time in [String(Int64.min), String(Int64.max)] {
            #expect(refusal(headers.merging([RequestSignature.timeHeader: time]) { $1 }) == .outsideTolerance)
        }
    }

    @Test func `a request without its headers, or with malformed ones, is incomplete`() throws {
        let headers = try headers()
        for name in headers.keys { #expect(refusal(headers.filter { $0.key != name }) == .incomplete) }
        for (name, value) in [
            (RequestSignature.timeHeader, "now"), (RequestSignature.timeHeader, "99999999999999999999"),
            (RequestSignature.nonceHeader, ""),
            (RequestSignature.nonceHeader, String(repeating: "n", count: 65)),
            (RequestSignature.signerHeader, String(repeating: "s", count: 129)),
            (RequestSignature.signatureHeader, "***"),
        ] {
            #expect(refusal(headers.merging([name: value]) { $1 }) == .incomplete, "\(name) \(value)")
        }
    }
}
