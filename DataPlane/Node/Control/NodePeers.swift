import Admission
import Crypto
import Doors
import EventLoop
import FoundationEssentials
import HTTP
import HTTPClient
import NodeProtocol
import Relay

/// The other nodes of the cluster as the snapshot tells them, asked by requests that this node signs.
struct NodePeers: KeyPeers {
    private static let maxAnswerBytes = 64 * 1024 * 1024

    let node: UInt16
    let key: Ed25519PrivateKey
    let holder: SnapshotHolder
    let relay: PlaneRelay
    /// One for each loop on which customers are served.
    let clients: [ObjectIdentifier: HTTPClient]
    let clock: WallClock

    func place(of key: String) -> KeyPlace {
        guard let nodes = holder.current?.global.nodes, !nodes.isEmpty else { return .here(former: []) }
        let owners = KeyOwners(nodes)
        let now = clock.now() / 1000
        guard let owner = owners.owner(of: key, now: now) else { return .here(former: []) }
        guard owner.number == node else { return .there(owner) }
        return .here(former: owners.isTrivial ? [] : owners.formerOwners(of: key, now: now))
    }

    func pass(_ request: HTTPRequest, body: [UInt8], to owner: ClusterNode) async throws -> HTTPResponse {
        let mark = try RelayMark.headers(
            clientIP: request.remoteAddress.ip, method: request.method.rawValue,
            path: request.head.rawPathAndQuery, signer: String(node), time: clock.now() / 1000,
            nonce: Hex.encode(SecureRandom.bytes(16)), key: key)
        guard let client else { throw APIError.internalError }
        return try await relay.pass(request, body: body, to: owner.url, by: client, mark: mark)
    }

    func pass(_ message: PassedMessage, to owner: ClusterNode) async throws(Refusal) -> MessageID {
        let answer: PassedMessageAnswer = try await ask(owner, PassedMessageAnswer.path, message.encoded())
        if let id = answer.id { return id }
        throw answer.refusal.flatMap { Refusal($0) } ?? Self.unreachable
    }

    func release(_ key: KeyRelease, by former: ClusterNode) async throws(Refusal) -> KeyRelease.Answer {
        // What this node has adopted it knows itself.
        if former.heir == node { return KeyRelease.Answer(isRunning: false, records: []) }
        let heir = former.heir.flatMap { holder.current?.node(String($0)) }
        let body: [UInt8]
        do { body = Array(try JSONEncoder().encode(key)) } catch { throw Self.unreachable }
        return try await ask(heir ?? former, KeyRelease.path, body)
    }

    /// Nil when the node does not answer.
    func pass(_ report: PassedReport, to node: ClusterNode) async -> PassedReport.Answer? {
        guard let body = try? JSONEncoder().encode(report) else { return nil }
        return try? await ask(node, PassedReport.path, Array(body))
    }

    private func ask<Answer: Decodable>(
        _ peer: ClusterNode, _ path: String, _ body: [UInt8]
    ) async throws(Refusal) -> Answer {
        guard let client else { throw Self.unreachable }
        do {
            let signed = try RequestSignature.headers(
                method: "POST", path: path, body: body, signer: String(node), time: clock.now() / 1000,
                nonce: Hex.encode(SecureRandom.bytes(16)), key: key)
            var request = HTTPClientRequest("POST", peer.controlURL + path, headers: signed, body: body)
            request.headers.append(("Content-Type", "application/octet-stream"))
            request.headers.append((RequestSignature.bodyHashHeader, RequestSignature.hash(of: body)))
            request.totalTimeout = .seconds(30)
            request.maxResponseBytes = Self.maxAnswerBytes
            let answer = try await client.send(request)
            guard answer.status == 200 else { throw Self.unreachable }
            return try JSONDecoder().decode(Answer.self, from: Data(answer.body))
        } catch { throw Self.unreachable }
    }

    private var client: HTTPClient? {
        EventLoop.current.flatMap { clients[ObjectIdentifier($0)] }
    }

    private static let unreachable = Refusal(
        .overloaded, "the node that this idempotency key belongs to does not answer; try again",
        retryAfterSeconds: 5)
}
