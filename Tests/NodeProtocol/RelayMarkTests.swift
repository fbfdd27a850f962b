import Crypto
import NodeProtocol
import Testing

@Suite struct RelayMarkTests {
    private let key: Ed25519PrivateKey
    private let now: Int64 = 1_800_000_000

    init() throws { key = try Ed25519PrivateKey(raw: [UInt8](repeating: 3, count: 32)) }

    private func headers(_ ip: String = "192.0.2.7") throws -> [String: String] {
        let made = try RelayMark.headers(
            clientIP: ip, method: "POST", path: "/api/v1/messages?a=b", signer: "snap-1", time: now,
            nonce: "n", key: key)
        return Dictionary(made.map { ($0.name, $0.value) }) { $1 }
    }

    private func refusal(
        _ headers: [String: String], method: String = "POST", path: String = "/api/v1/messages?a=b",
        now: Int64? = nil
    ) throws -> RequestSignature.Refusal? {
        do throws(RequestSignature.Refusal) {
            guard let mark = try RelayMark(header: { headers[$0] }) else { return .incomplete }
            try mark.verify(method: method, path: path, key: key.publicKey, now: now ?? self.now)
            return nil
        } catch { return error }
    }

    @Test func `a mark tells where the caller is and who says so`() throws {
        let headers = try headers()
        let mark = try #require(try RelayMark { headers[$0] })
        #expect(mark.clientIP == "192.0.2.7")
        #expect(mark.signer == "snap-1")
        #expect(try refusal(headers) == nil)
        #expect(try RelayMark { _ in nil } == nil)
    }

    @Test func `another address, method, path or time is not what was signed`() throws {
        let headers = try headers()
        #expect(try refusal(headers.merging([RelayMark.header: "192.0.2.8"]) { $1 }) == .badSignature)
        #expect(try refusal(headers, method: "GET") == .badSignature)
        #expect(try refusal(headers, path: "/api/v1/messages") == .badSignature)
        #expect(try refusal(headers, now: now + 301) == .outsideTolerance)
        #expect(try refusal([RelayMark.header: "192.0.2.7"]) == .incomplete)
        let long = String(repeating: "1", count: 65)
        #expect(try refusal(headers.merging([RelayMark.header: long]) { $1 }) == .incomplete)
    }

    @Test func `a signed request of a plane is no mark, and a mark no signed request`() throws {
        let signed = try RequestSignature.headers(
            method: "POST", path: "/api/v1/messages?a=b", body: [], signer: "snap-1", time: now, nonce: "n",
            key: key)
        var headers = Dictionary(signed.map { ($0.name, $0.value) }) { $1 }
        headers[RelayMark.header] = "192.0.2.7"
        #expect(try refusal(headers) == .badSignature)
        let marked = try self.headers()
        let signature = try RequestSignature { marked[$0] }
        #expect(throws: RequestSignature.Refusal.self) {
            try signature.verify(
                method: "POST", path: "/api/v1/messages?a=b", body: [], key: key.publicKey, now: now)
        }
    }
}
