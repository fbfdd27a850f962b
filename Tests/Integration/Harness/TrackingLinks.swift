import Crypto
import FoundationEssentials
import NodeProtocol
import TestSupport

/// Links as a node puts them into messages, made with the keys of the snapshot on its disk.
struct TrackingLinks {
    static let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    private struct Identity: Decodable {
        let clusterKeys: [Data]
    }

    private let tokens: TrackingTokens
    private let tenant: TenantID
    private let message: MessageID
    private let recipient: String

    /// - Parameters:
    ///   - directory: of the node.
    ///   - message: its plain id.
    init(_ directory: String, tenant: String, message: String, recipient: String) throws {
        let signed = try JSONDecoder().decode(
            SignedManifest.self, from: Data(Files.read("\(directory)/snapshot/manifest.json")))
        let manifest = try JSONDecoder().decode(Manifest.self, from: signed.manifest)
        let identity = try JSONDecoder().decode(
            Identity.self, from: Data(Files.read("\(directory)/identity.json")))
        guard let chunk = manifest.chunks.first(where: { $0.name == "global" }),
            let tenant = TenantID(text: tenant), let message = MessageID(text: message)
        else { throw TestSupportError("no links of \(message)") }
        let global = try JSONDecoder().decode(
            GlobalChunk.self, from: Data(Files.read("\(directory)/snapshot/\(chunk.sha256).chunk")))
        let context = Array(GlobalChunk.TrackingKey.sealContext.utf8)
        var keys: [(id: UInt8, secret: [UInt8])] = []
        for key in global.trackingKeys ?? [] {
            for clusterKey in identity.clusterKeys {
                let seal = try SymmetricSeal(key: Array(clusterKey))
                if let secret = try? seal.open(Array(key.sealedSecret), context: context) {
                    keys.append((key.id, secret))
                    break
                }
            }
        }
        guard let tokens = TrackingTokens(keys: keys) else { throw TestSupportError("no tracking key") }
        (self.tokens, self.tenant, self.message, self.recipient) = (tokens, tenant, message, recipient)
    }

    var open: String { get throws { "/t/o/\(try token(.open)).gif" } }
    var unsubscribe: String { get throws { "/u/\(try token(.unsubscribe))" } }
    func click(_ target: String) throws -> String { "/t/c/\(try token(.click, target))" }

    private func token(_ act: TrackingClaim.Act, _ target: String? = nil) throws -> String {
        let claim = TrackingClaim(
            act, tenant: tenant, message: message, recipient: recipient, target: target)
        guard let token = tokens.token(claim) else { throw TestSupportError("no token") }
        return token
    }
}

extension APICaller {
    /// Follows a link as a browser does, or as a program that calls itself so.
    func follow(_ path: String, as agent: String = TrackingLinks.browser) async throws -> Answer {
        var caller = with(token: nil)
        caller.headers = [("User-Agent", agent)]
        return try await caller.send("GET", path)
    }

    /// Posts as a mail program does at one click (RFC 8058 §3.1).
    func clickOnce(_ path: String) async throws -> Answer {
        try await with(token: nil).send(
            "POST", path, bytes: Array("List-Unsubscribe=One-Click".utf8),
            contentType: "application/x-www-form-urlencoded")
    }
}
