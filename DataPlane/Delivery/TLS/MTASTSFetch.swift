import DNS
import EventLoop
import HTTPClient
import MailAuth

/// Fetches the policy file of a domain by HTTPS, RFC 8461 §3.3. Loop bound.
///
/// The certificate of `mta-sts.<domain>` must hold, redirects are not followed, and the address must be one
/// that this service may connect to. Fails with the result that a report names. Limits: 64 KiB, 60 s.
package struct MTASTSFetch {
    private static let timeout: Duration = .seconds(60)
    private static let connectTimeout: Duration = .seconds(15)

    private let client: HTTPClient
    private let lookup: any TLSPolicyLookup
    private let port: UInt16

    /// - Parameters:
    ///   - client: trusts the public authorities and has the egress guard.
    ///   - port: another than 443 only in tests.
    package init(client: HTTPClient, lookup: any TLSPolicyLookup, port: UInt16 = 443) {
        self.client = client
        self.lookup = lookup
        self.port = port
    }

    func policy(of domain: String) async -> Result<MTASTSPolicy, Failure> {
        let host = "mta-sts.\(domain)"
        guard let name = DomainName(host) else { return .failure(.fetch("\(host) is no name")) }
        var request = HTTPClientRequest(
            "GET", "https://\(host)\(port == 443 ? "" : ":\(port)")/.well-known/mta-sts.txt")
        do throws(DNSError) {
            request.resolve = try await lookup.addresses(name).all(port: port).map { (host, port, $0.ip) }
        } catch {
            return .failure(.fetch("\(host) has no address (\(error))"))
        }
        request.connectTimeout = Self.connectTimeout
        request.totalTimeout = Self.timeout
        request.maxResponseBytes = MTASTSPolicy.maxBytes
        do throws(HTTPClientError) { return Self.read(try await client.send(request)) } catch {
            if case .tls(let text) = error { return .failure(Failure(.stsWebPKIInvalid, text)) }
            return .failure(.fetch("\(error)"))
        }
    }

    private static func read(_ response: HTTPClientResponse) -> Result<MTASTSPolicy, Failure> {
        guard response.status == 200 else { return .failure(.fetch("HTTP status \(response.status)")) }
        guard !response.isTruncated else {
            return .failure(.fetch("larger than \(MTASTSPolicy.maxBytes) bytes"))
        }
        // A host that lets strangers upload pictures must not thereby let them write policies.
        let type = response.header("content-type")?.split(separator: ";").first?.lowercased() ?? ""
        guard type.split(separator: " ") == ["text/plain"] else {
            return .failure(.fetch("the content type is not text/plain"))
        }
        do throws(MTASTSPolicy.Malformation) { return .success(try MTASTSPolicy(response.body)) } catch {
            return .failure(Failure(.stsPolicyInvalid, error.description))
        }
    }

    struct Failure: Error {
        let problem: TLSProblem

        init(_ result: TLSResult, _ text: String) { problem = TLSProblem(result: result, text: text) }

        static func fetch(_ text: String) -> Self { Self(.stsPolicyFetchError, text) }
    }
}
