import Crypto
import FoundationEssentials
import Glibc
import NodeProtocol
import TestSupport

extension LoneNode {
    /// Calls the control listener as the control plane does, signed by the cluster.
    func control(_ method: String, _ path: String, _ body: (some Encodable)? = String?.none) async throws
        -> APICaller.Answer
    {
        let bytes = try body.map { Array(try JSONEncoder().encode($0)) }
        let key = try clusterKey()
        let signed = try RequestSignature.headers(
            method: method, path: path, body: bytes ?? [], signer: "fixture", time: Int64(time(nil)),
            nonce: Hex.encode(SecureRandom.bytes(16)), key: key)
        return try await APICaller(process.controlURL).send(method, path, bytes: bytes, headers: signed)
    }

    /// Calls and demands an answer of this type.
    func asked<Value: Decodable>(
        _ type: Value.Type, _ method: String, _ path: String, _ body: (some Encodable)? = String?.none
    ) async throws -> Value {
        let answer = try await control(method, path, body)
        guard answer.status == 200 else {
            throw TestSupportError("\(method) \(path): \(answer.status) \(answer.text)")
        }
        return try JSONDecoder().decode(type, from: Data(answer.body))
    }

    /// Pushes the node's snapshot again with another shaping.
    func push(_ shaping: Shaping, from source: SnapshotSource) async throws -> (
        status: Int, answer: SnapshotAnswer
    ) {
        var draft = try nextDraft()
        var global = try JSONDecoder().decode(
            GlobalChunk.self, from: Data(draft.chunks["global"] ?? []))
        global.shaping = shaping
        draft.chunks["global"] = Array(try JSONEncoder.sorted.encode(global))
        source.serve(draft)
        return try await push(try SignedManifest(draft.manifest, key: clusterKey()))
    }
}
