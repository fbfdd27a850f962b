import EventLoop
import FoundationEssentials
import HTTPClient
import TestSupport
import Testing

@testable import Delivery

@Suite struct WebhookSignatureTests {
    private struct Cases: Decodable {
        struct Vector: Decodable {
            let secret: String
            let id: String
            let timestamp: Int64
            let payload: String
            let signature: String
        }

        let fixed_vector: Vector
    }

    @Test func `agrees with the vector of Standard Webhooks`() throws {
        guard let folder = Corpora.folder("standard-webhooks") else { return }
        let cases = try JSONDecoder().decode(Cases.self, from: Data(Files.read("\(folder)/cases.json")))
        let vector = cases.fixed_vector
        let secret = try #require(WebhookSecret(vector.secret))
        let signature = WebhookSignature.standard(
            id: vector.id, timestampSeconds: vector.timestamp, body: Array(vector.payload.utf8),
            secrets: [secret])
        #expect(signature == vector.signature)
    }

    @Test func `each secret signs, newest first, parted by one space`() throws {
        let secrets = ["one", "two"].compactMap { WebhookSecret($0) }
        let both = WebhookSignature.standard(id: "m", timestampSeconds: 1, body: [1], secrets: secrets)
        let alone = secrets.map {
            WebhookSignature.standard(id: "m", timestampSeconds: 1, body: [1], secrets: [$0])
        }
        #expect(both == alone.joined(separator: " "))
        #expect(both.hasPrefix("v1,"))
    }

    @Test func `a secret that is no key is refused`() {
        for bad in ["", "whsec_", "whsec_!!!", "whsk_AAAA", "whsk_", String(repeating: "x", count: 2_000)] {
            #expect(WebhookSecret(bad) == nil, "\(bad)")
        }
        #expect(WebhookSecret("your-webhook-secret") != nil)
    }

    @Test func `Retry-After is read as seconds or as a date, and never for more than a day`() {
        let now: Int64 = 784_111_777
        let values: [(String, Duration?)] = [
            ("0", .zero), ("120", .seconds(120)), ("99999999999999999999", .seconds(86_400)), ("-1", nil),
            ("", nil),
            ("1.5", nil), ("Sun, 06 Nov 1994 08:50:37 GMT", .seconds(60)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", .zero),
            ("Sun, 06 Nov 2094 08:49:37 GMT", .seconds(86_400)), ("Sun, 99 Nov 1994 08:49:37 GMT", nil),
            ("tomorrow", nil),
            ("Sun, 06 Nov 1994 8:49 GMT", nil),
        ]
        for (value, expected) in values {
            #expect(RetryAfter.read(value, nowSeconds: now) == expected, "\(value)")
        }
    }
}

/// What an endpoint answers: one raw HTTP response for every request, which it keeps.
private final class Endpoint: Sendable {
    let listener: Listener
    private let box = Locked<[String]>([])
    var requests: [String] { box.withLock { $0 } }
    var url: String { "http://\(listener.address)/hook" }

    init(_ response: String) throws {
        listener = try Listener(.ipv4(0x7F00_0001, port: 0))
        listener.accept(on: TestLoops.sink, maxConnections: 100) { [box] stream in
            while let more = try? await stream.fill(timeout: .seconds(5)), more {
                let text = String(decoding: stream.input.prefix(stream.input.count), as: UTF8.self)
                guard text.contains("\r\n\r\n"), text.hasSuffix("}") else { continue }
                box.withLock { $0.append(text) }
                try? await stream.write(Array(response.utf8))
                return
            }
        }
    }

    deinit { listener.close() }
}

@Suite struct WebhookTransportTests {
    private func deliver(
        to url: String, guard egressGuard: EgressGuard = .unrestricted, timeout: Duration = .seconds(10),
        headers: [(name: String, value: String)] = []
    ) async throws -> WebhookReport {
        try await TestLoops.client.run {
            let client = try HTTPClient(on: TestLoops.client, HTTPClientSettings(egressGuard: egressGuard))
            let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
            let attempt = WebhookAttempt(
                id: "msg_1", url: url, body: Array("{\"test\": 2432232314}".utf8), secrets: [secret],
                headers: headers,
                timestampSeconds: 1_614_265_330, number: 3, timeout: timeout)
            let report = await WebhookTransport(client).deliver(attempt)
            client.close()
            return report
        }
    }

    private func answer(_ status: String, _ headers: String = "") -> String {
        "HTTP/1.1 \(status)\r\n\(headers)Content-Length: 2\r\nConnection: close\r\n\r\nok"
    }

    @Test func `a request carries id, time, both signatures and the exact body`() async throws {
        let endpoint = try Endpoint(
            answer("204 No Content").replacing("Content-Length: 2\r\n", with: "").replacing("ok", with: ""))
        let report = try await deliver(
            to: endpoint.url,
            headers: [("X-Own", "1"), ("webhook-id", "forged"), ("Content-Type", "text/plain")])
        #expect(report.result == .delivered)
        #expect(report.fault == nil)
        let request = try #require(endpoint.requests.first)
        let lines = request.split(separator: "\r\n").map(String.init)
        #expect(lines.first == "POST /hook HTTP/1.1")
        #expect(lines.dropFirst().first?.hasPrefix("Host: ") == true)
        for line in [
            "webhook-id: msg_1", "webhook-timestamp: 1614265330", "webhook-attempt: 3",
            "content-type: application/json",
            "user-agent: Dispatch-Webhooks/1.0", "X-Own: 1", "{\"test\": 2432232314}",
        ] { #expect(lines.contains(line), "\(line)") }
        #expect(lines.contains { $0.hasPrefix("webhook-signature: v1,") })
        #expect(lines.contains { $0.hasPrefix("X-Dispatch-Signature: sha256=") && $0.count == 22 + 7 + 64 })
        #expect(!request.contains("forged"))
        #expect(!request.contains("text/plain"))
        #expect(!request.lowercased().contains("expect:"))
    }

    @Test(arguments: [
        ("200 OK", "", WebhookReport.Result.delivered), ("301 Moved", "Location: /x\r\n", .retry(after: nil)),
        ("400 Bad", "", .retry(after: nil)), ("410 Gone", "", .disableEndpoint),
        ("429 Slow", "Retry-After: 77\r\n", .retry(after: .seconds(77))),
        ("503 Busy", "Retry-After: 99999999\r\n", .retry(after: .seconds(86_400))),
        ("500 Oops", "Retry-After: 77\r\n", .retry(after: nil)),
        ("500 Oops", "webhook-delivery: disable\r\n", .disableEndpoint),
        ("500 Oops", "webhook-delivery: abort-message\r\n", .abortMessage),
        ("200 OK", "webhook-delivery: abort-message\r\n", .delivered),
    ])
    func `a status means what the contract says`(
        status: String, headers: String, result: WebhookReport.Result
    ) async throws {
        let endpoint = try Endpoint(answer(status, headers))
        let report = try await deliver(to: endpoint.url)
        #expect(report.result == result, "\(String(describing: report.fault)) \(report.detail ?? "")")
        #expect(endpoint.requests.count == 1)
    }

    @Test func `an endless answer is cut at 64 KiB`() async throws {
        let body = String(repeating: "x", count: 1 << 20)
        let endpoint = try Endpoint("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
        let report = try await deliver(to: endpoint.url)
        #expect(report.result == .delivered)
        #expect(report.response?.body.count == WebhookTransport.maxResponseBytes)
        #expect(report.response?.isTruncated == true)
    }

    @Test func `a private address is refused by the guard and named by its kind alone`() async throws {
        let endpoint = try Endpoint(answer("200 OK"))
        let report = try await deliver(to: endpoint.url, guard: EgressGuard())
        #expect(report.fault == .blockedAddress)
        #expect(report.detail?.contains("127") == false)
        #expect(endpoint.requests.isEmpty)
    }

    @Test func `faults have their class`() async throws {
        let listener = try Listener(.ipv4(0x7F00_0001, port: 0))
        let closed = listener.address
        listener.close()
        let faults: [(String, WebhookReport.Fault)] = [
            ("http://\(closed)/", .connect), ("ftp://example.test/", .invalidURL), ("nonsense", .invalidURL),
            ("http://name.invalid/", .resolve),
        ]
        for (url, fault) in faults {
            let report = try await deliver(to: url)
            #expect(report.fault == fault, "\(url)")
            #expect(report.result == .retry(after: nil))
        }
        let silent = try Listener(.ipv4(0x7F00_0001, port: 0))
        #expect(try await deliver(to: "http://\(silent.address)/", timeout: .seconds(1)).fault == .timeout)
        silent.close()
    }
}
