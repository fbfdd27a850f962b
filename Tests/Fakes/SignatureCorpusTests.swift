import HTTP
import TestSupport
import Testing

@testable import DNSFakes

/// The verifying side of AWS signatures on the published vectors. Skipped without them.
@Suite struct SignatureCorpusTests {
    /// 2015-08-30T12:36:00Z, as all vectors have it.
    private static let now = 1_440_938_160
    private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    @Test func `every signed request that is HTTP holds, and none with another secret or body`() throws {
        guard let corpus = Corpora.folder("aws-sigv4") else { return }
        let folder = "\(corpus)/tests/aws-signing-test-suite/v4"
        var (held, unreadable): (Int, [String]) = (0, [])
        // Paths are taken as they are by S3 alone.
        for name in try Files.names(in: folder) where !name.hasSuffix("-unnormalized") {
            let text = try Files.text("\(folder)/\(name)/header-signed-request.txt")
            guard let (request, body) = Self.request(text) else {
                unreadable.append(name)
                continue
            }
            // Its session token was added after it was signed, which this service does not take.
            let isWhole = name != "post-sts-header-after"
            #expect(Self.isSigned(request, body, secret: Self.secret) == isWhole, "\(name)")
            #expect(!Self.isSigned(request, body, secret: Self.secret + "x"), "\(name)")
            #expect(!Self.isSigned(request, body + [0x20], secret: Self.secret), "\(name)")
            held += 1
        }
        print("SigV4: \(held) signed requests hold; no request of HTTP/1.1 as we take it: \(unreadable)")
        #expect(held >= 20)
    }

    private static func isSigned(_ request: HTTPRequest, _ body: [UInt8], secret: String) -> Bool {
        let key = Route53Key(
            id: "AKIDEXAMPLE", secret: secret, sessionToken: request.headers["x-amz-security-token"],
            user: "x", actions: [], zones: nil)
        let signer = try? Route53Signature.signer(
            of: request, body: body, keys: [key], now: now, scope: ["us-east-1", "service", "aws4_request"])
        return signer != nil
    }

    private static func request(_ text: String) -> (HTTPRequest, [UInt8])? {
        let halves = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = (halves.first ?? "").split(separator: "\n").map(String.init)
        let words = (lines.first ?? "").split(separator: " ").map(String.init)
        guard words.count == 3 else { return nil }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            headers.append(String(line[..<colon]), String(line[line.index(after: colon)...]))
        }
        let body = Array((halves.count > 1 ? halves[1] : "").utf8)
        let method = HTTPMethod(rawValue: words[0])
        guard let request = try? HTTPRequest(method, words[1], headers: headers, body: body) else {
            return nil
        }
        return (request, body)
    }
}
