import Crypto
import FoundationEssentials
import Service
import TestSupport
import Testing

@testable import DNSProviders

/// The signing test suite of AWS, when `DISPATCH_CORPORA` names the folder that has it.
@Suite struct SigV4Tests {
    private struct Case: Decodable {
        struct Credentials: Decodable {
            let access_key_id: String
            let secret_access_key: String
            let token: String?
        }

        let credentials: Credentials
        let normalize: Bool
        let region: String
        let service: String
        let sign_body: Bool
        let omit_session_token: Bool?
    }

    private static let timestamp = "20150830T123600Z"

    @Test func `every request of the signing test suite is signed as AWS signs it`() throws {
        guard let folder = Corpora.folder("aws-sigv4") else { return }
        let cases = "\(folder)/tests/aws-signing-test-suite/v4"
        let names = try Files.names(in: cases)
        var passed = 0
        for name in names where try isSigned(name, in: "\(cases)/\(name)") { passed += 1 }
        print("SigV4: \(passed) of \(names.count) cases pass")
        #expect(names.count == 38)
        #expect(passed == names.count)
    }

    private func isSigned(_ name: String, in folder: String) throws -> Bool {
        let context = try JSONDecoder().decode(
            Case.self, from: Data(try Files.read("\(folder)/context.json")))
        var request = try request(try Files.read("\(folder)/request.txt"))
        request.headers.append(("X-Amz-Date", Self.timestamp))
        if context.sign_body {
            request.headers.append(("x-amz-content-sha256", Hex.encode(Digest.sha256(request.body))))
        }
        if let token = context.credentials.token, context.omit_session_token != true {
            request.headers.append(("X-Amz-Security-Token", token))
        }
        var signer = SigV4(
            key: .init(
                id: context.credentials.access_key_id, secret: Secret(context.credentials.secret_access_key)),
            region: context.region, service: context.service)
        signer.normalizesPath = context.normalize
        let expected = try ["canonical-request", "string-to-sign", "signature"].map {
            try Files.text("\(folder)/header-\($0).txt")
        }
        let authorization = signer.authorization(request, timestamp: Self.timestamp)
        #expect(signer.canonical(request) == expected[0], "\(name)")
        #expect(signer.stringToSign(request, timestamp: Self.timestamp) == expected[1], "\(name)")
        #expect(authorization.hasSuffix("Signature=\(expected[2])"), "\(name)")
        return signer.canonical(request) == expected[0]
            && signer.stringToSign(request, timestamp: Self.timestamp) == expected[1]
            && authorization.hasSuffix("Signature=\(expected[2])")
    }

    /// Reads the suite's own notation of a request: header lines may go on in lines with space in front.
    private func request(_ bytes: [UInt8]) throws -> SigV4.Request {
        let text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
        let halves = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = try #require(halves.first).split(separator: "\n")
        let words = try #require(lines.first).split(separator: " ")
        let target = words.dropFirst().dropLast().joined(separator: " ")
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var headers: [(name: String, value: String)] = []
        for line in lines.dropFirst() {
            if line.first == " ", let last = headers.indices.last {
                headers[last].value += "\n\(line)"
            } else {
                let pair = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                headers.append((String(pair[0]), String(pair.dropFirst().first ?? "")))
            }
        }
        return SigV4.Request(
            method: String(try #require(words.first)), path: String(parts[0]),
            query: parts.count > 1 ? String(parts[1]) : "", headers: headers,
            body: halves.count > 1 ? Array(halves[1].utf8) : [])
    }

    @Test func `Route 53 is signed for one region in each partition`() {
        let url = ProviderEndpoints.route53URL
        #expect(AWSPartition(region: "eu-west-1", base: url).signingRegion == "us-east-1")
        #expect(AWSPartition(region: "cn-north-1", base: url).base == "https://route53.amazonaws.com.cn")
        #expect(AWSPartition(region: "us-gov-east-1", base: url).signingRegion == "us-gov-west-1")
        #expect(AWSPartition(region: "cn-north-1", base: "http://localhost:1").base == "http://localhost:1")
    }
}
