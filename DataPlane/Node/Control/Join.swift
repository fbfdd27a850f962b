import Crypto
import EventLoop
import FoundationEssentials
import HTTPClient
import NodeProtocol

/// `mta-node join`: makes this node's keys, shows the control plane their public halves and the one-time
/// token, and keeps what comes back.
package enum Join {
    /// Why the node did not become one.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Returns: a line for the operator.
    package static func run(settings: NodeSettings, token: String, on loop: EventLoop) async throws -> String
    {
        let files = NodeFiles(directory: settings.directory)
        try files.makeDirectories()
        if let held = try NodeIdentity.load(from: files) {
            throw Failure(
                description:
                    "\(files.identity) exists: this directory belongs to node \(held.node) of cluster "
                    + "\(held.clusterID)")
        }
        let signing = try Ed25519PrivateKey.generate()
        let sealing = try X25519PrivateKey.generate()
        let request = JoinRequest(
            token: token, signingKey: Data(signing.publicKey.raw), sealingKey: Data(sealing.publicKey.raw),
            controlURL: settings.controlURL, httpURL: settings.httpURL, hostName: settings.hostName)
        let joined = try await post(request, to: settings.controlPlaneURLs, on: loop)
        let clusterKey = try SealedBox.open(
            Array(joined.sealedClusterKey), with: sealing, context: Array(JoinResponse.clusterKeyContext.utf8)
        )
        let identity = NodeIdentity(
            node: joined.node, name: joined.name, clusterID: joined.clusterID,
            signingKeys: joined.signingKeys,
            clusterKeys: [Data(clusterKey)], privateSigningKey: Data(signing.raw),
            privateSealingKey: Data(sealing.raw))
        try identity.save(to: files)
        return "joined cluster \(joined.clusterID) as node \(joined.node) (\(joined.name))"
    }

    private static func post(
        _ request: JoinRequest, to baseURLs: [String], on loop: EventLoop
    ) async throws -> JoinResponse {
        let body = Array(try JSONEncoder().encode(request))
        let response = try await loop.run { try await send(body, to: baseURLs, on: loop) }
        guard response.status == 200 || response.status == 201 else {
            let text = String(decoding: response.body.prefix(500), as: UTF8.self)
            throw Failure(description: "the control plane answered \(response.status): \(text)")
        }
        return try JSONDecoder().decode(JoinResponse.self, from: Data(response.body))
    }

    /// The answer of the first control plane that can be reached. A request that may have arrived is not sent
    /// to another: its token is good once.
    private static func send(
        _ body: [UInt8], to baseURLs: [String], on loop: EventLoop
    ) async throws -> HTTPClientResponse {
        // The control plane is named by the operator: it may be on a private address.
        let client = try HTTPClient(on: loop, HTTPClientSettings(egressGuard: .unrestricted))
        defer { client.close() }
        var rest = baseURLs[...]
        while true {
            let baseURL = rest.popFirst() ?? ""
            do throws(HTTPClientError) {
                return try await client.send(
                    HTTPClientRequest(
                        "POST", baseURL + JoinRequest.path, headers: [("Content-Type", "application/json")],
                        body: body))
            } catch { guard error.isBeforeSending, !rest.isEmpty else { throw error } }
        }
    }
}
