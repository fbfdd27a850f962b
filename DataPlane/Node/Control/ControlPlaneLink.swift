import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import HTTPClient
import NodeProtocol
import Relay

/// Signed requests of this node to the control plane. Any loop may call; they run on the loop of the link.
struct ControlPlaneLink: Sendable {
    /// The control plane does not answer, or not as agreed.
    enum Failure: Error, CustomStringConvertible {
        case unreachable(String)
        case refused(status: Int, String)

        var description: String {
            switch self {
            case .unreachable(let text): "the control plane cannot be reached: \(text)"
            case .refused(let status, let text): "the control plane answered \(status): \(text)"
            }
        }
    }

    let baseURL: String
    let signer: String
    let key: Ed25519PrivateKey
    let client: HTTPClient
    /// One for each loop on which customers are served.
    let relayClients: [ObjectIdentifier: HTTPClient]
    let loop: EventLoop
    let clock: WallClock

    /// The newest manifest.
    func manifest() async throws -> SignedManifest {
        let bytes = try await send("GET", NodePaths.manifest, body: [], maxBytes: 2 * Manifest.maxBytes)
        return try JSONDecoder().decode(SignedManifest.self, from: Data(bytes))
    }

    /// The cluster's keys, sealed to this node.
    func clusterKeys() async throws -> [SealedClusterKey] {
        let bytes = try await send("GET", NodePaths.clusterKeys, body: [], maxBytes: 65_536)
        return try JSONDecoder().decode([SealedClusterKey].self, from: Data(bytes))
    }

    /// A chunk's bytes; a chunk that the control plane has not is a refusal of the snapshot.
    func chunk(_ chunk: Manifest.Chunk) async throws -> [UInt8] {
        do {
            return try await send(
                "GET", NodePaths.chunkPrefix + chunk.sha256, body: [], maxBytes: chunk.sizeBytes + 1)
        } catch Failure.refused(let status, _) where status == 404 {
            throw SnapshotRefusal.missingChunk(chunk.name)
        }
    }

    /// Reports events; what comes back is durable at the control plane.
    func report(_ report: Report) async throws -> ReportReceipt {
        let bytes = try await send("POST", NodePaths.reports, body: report.encoded(), maxBytes: 65_536)
        return try JSONDecoder().decode(ReportReceipt.self, from: Data(bytes))
    }

    /// Passes a customer's request on to the control plane, marked with the caller's address. On the caller's
    /// own loop, which is where its body is read.
    func relay(
        _ request: HTTPRequest, by relay: PlaneRelay, to baseURL: String, isKnown: () -> Bool
    ) async throws -> HTTPResponse? {
        guard let client = relayClients[ObjectIdentifier(EventLoop.current ?? loop)] else { return nil }
        return try await relay.relay(
            request, to: baseURL, by: client,
            marked: {
                try RelayMark.headers(
                    clientIP: request.remoteAddress.ip, method: request.method.rawValue,
                    path: request.head.rawPathAndQuery, signer: signer, time: clock.now() / 1000,
                    nonce: Hex.encode(SecureRandom.bytes(16)), key: key)
            }, isKnown: { isKnown() })
    }

    private func send(_ method: String, _ path: String, body: [UInt8], maxBytes: Int) async throws -> [UInt8]
    {
        let signed = try RequestSignature.headers(
            method: method, path: path, body: body, signer: signer, time: clock.now() / 1000,
            nonce: Hex.encode(SecureRandom.bytes(16)), key: key)
        var request = HTTPClientRequest(
            method, baseURL + path, headers: signed, body: method == "GET" ? nil : body)
        if method != "GET" { request.headers.append(("Content-Type", Report.contentType)) }
        request.totalTimeout = .seconds(60)
        request.maxResponseBytes = maxBytes
        let response: HTTPClientResponse
        do {
            response = try await loop.run { [client, request] in try await client.send(request) }
        } catch { throw Failure.unreachable("\(error)") }
        guard response.status == 200 else {
            let text = String(decoding: response.body.prefix(500), as: UTF8.self)
            throw Failure.refused(status: response.status, text)
        }
        return response.body
    }
}
