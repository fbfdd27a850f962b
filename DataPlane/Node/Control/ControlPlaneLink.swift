import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import HTTPClient
import NodeProtocol
import Relay

/// Signed requests of this node to the control plane. Any loop may call; they run on the loop of the link.
///
/// Where there are several control planes, the next is tried when one cannot be reached or has no answer of
/// its own (502, 503, 504): what a node asks and reports changes nothing when it arrives twice.
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

        /// Whether another control plane may well answer.
        var concernsOneControlPlane: Bool {
            switch self {
            case .unreachable: true
            case .refused(let status, _): [502, 503, 504].contains(status)
            }
        }
    }

    let addresses: ControlPlaneAddresses
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

    /// Says where this node is reached and what it has adopted; gives what is not believed yet.
    func tell(_ presence: NodePresence) async throws -> NodePresence.Answer {
        let body = Array(try JSONEncoder().encode(presence))
        let bytes = try await send("POST", NodePresence.path, body: body, maxBytes: 65_536)
        return try JSONDecoder().decode(NodePresence.Answer.self, from: Data(bytes))
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
    ///
    /// - Parameter journal: the name of the journal that they are of.
    func report(_ report: Report, of journal: [UInt8]) async throws -> ReportReceipt {
        let path = "\(NodePaths.reports)?\(Report.journalItem)=\(Hex.encode(journal))"
        let bytes = try await send("POST", path, body: report.encoded(), maxBytes: 65_536)
        return try JSONDecoder().decode(ReportReceipt.self, from: Data(bytes))
    }

    /// Passes a customer's request on to the control plane, marked with the caller's address. On the caller's
    /// own loop, which is where its body is read.
    func relay(
        _ request: HTTPRequest, by relay: PlaneRelay, isKnown: () -> Bool
    ) async throws -> HTTPResponse? {
        guard let client = relayClients[ObjectIdentifier(EventLoop.current ?? loop)] else { return nil }
        return try await relay.relay(
            request, to: addresses.inOrder, by: client, unreachable: { addresses.failed($0) },
            marked: {
                try RelayMark.headers(
                    clientIP: request.remoteAddress.ip, method: request.method.rawValue,
                    path: request.head.rawPathAndQuery, signer: signer, time: clock.now() / 1000,
                    nonce: Hex.encode(SecureRandom.bytes(16)), key: key)
            }, isKnown: { isKnown() })
    }

    /// How often each of these addresses opened the tenant's mail, by hour of the day. Of the control plane
    /// that is asked first alone, and with little time: a sender waits for it.
    ///
    /// - Returns: nil when no answer came.
    func openHours(of addresses: [String], tenant: TenantID) async -> [String: [Int]]? {
        guard let baseURL = addresses.isEmpty ? nil : self.addresses.inOrder.first else { return nil }
        do {
            let body = try JSONEncoder().encode(OpenHours.Question(tenant: tenant, addresses: addresses))
            let bytes = try await send(
                "POST", baseURL, NodePaths.openHours, body: Array(body), maxBytes: 16 * 1024 * 1024,
                timeout: .seconds(2))
            return try JSONDecoder().decode(OpenHours.Answer.self, from: Data(bytes)).opens
        } catch {
            if let failure = error as? Failure, failure.concernsOneControlPlane {
                self.addresses.failed(baseURL)
            }
            return nil
        }
    }

    private func send(_ method: String, _ path: String, body: [UInt8], maxBytes: Int) async throws -> [UInt8]
    {
        var failure = Failure.unreachable("it has no address")
        for baseURL in addresses.inOrder {
            do throws(Failure) {
                return try await send(method, baseURL, path, body: body, maxBytes: maxBytes)
            } catch {
                guard error.concernsOneControlPlane else { throw error }
                addresses.failed(baseURL)
                failure = error
            }
        }
        throw failure
    }

    private func send(
        _ method: String, _ baseURL: String, _ path: String, body: [UInt8], maxBytes: Int,
        timeout: Duration = .seconds(60)
    ) async throws(Failure) -> [UInt8] {
        let response: HTTPClientResponse
        do {
            response = try await exchange(
                method, baseURL, path, body: body, maxBytes: maxBytes, timeout: timeout)
        } catch { throw .unreachable("\(error)") }
        guard response.status == 200 else {
            let text = String(decoding: response.body.prefix(500), as: UTF8.self)
            throw .refused(status: response.status, text)
        }
        return response.body
    }

    private func exchange(
        _ method: String, _ baseURL: String, _ path: String, body: [UInt8], maxBytes: Int, timeout: Duration
    ) async throws -> HTTPClientResponse {
        let signed = try RequestSignature.headers(
            method: method, path: path, body: body, signer: signer, time: clock.now() / 1000,
            nonce: Hex.encode(SecureRandom.bytes(16)), key: key)
        var request = HTTPClientRequest(
            method, baseURL + path, headers: signed, body: method == "GET" ? nil : body)
        if method != "GET" { request.headers.append(("Content-Type", Report.contentType)) }
        request.totalTimeout = timeout
        request.maxResponseBytes = maxBytes
        return try await loop.run { [client, request] in try await client.send(request) }
    }
}
