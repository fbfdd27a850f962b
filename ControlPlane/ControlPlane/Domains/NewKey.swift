import Crypto
import NodeProtocol
import Postgres

/// A DKIM key pair in the making.
struct NewKey: Sendable {
    /// SubjectPublicKeyInfo.
    let `public`: [UInt8]
    /// The private key in PEM, under the master key.
    let sealed: [UInt8]

    /// Takes a fraction of a second.
    init(_ domain: String, tenant: TenantID, _ context: ControlContext) async throws {
        let seal = context.masterSeal
        (`public`, sealed) = try await context.keyMaking.run {
            let key = try RSAPrivateKey.generate()
            let sealed = try seal.seal(
                key.pemEncoded(), context: TenantRecord.Domain.sealContext(tenant: tenant, domain: domain))
            return (try key.publicKey.derEncoded(), sealed)
        }
    }

    /// A selector that no key of this domain has ever had, whoever claimed it: somewhere the old record may
    /// still be remembered. As `.system`.
    ///
    /// - Parameter isFirst: nobody claims the domain yet, so the name of the documents is tried.
    static func selector(
        for domain: String, isFirst: Bool, _ connection: PostgresConnection
    ) async throws -> String {
        var candidate = isFirst ? "dispatch" : random
        while true {
            let rows = try await connection.query(
                """
                INSERT INTO used_selectors (domain, selector) VALUES (\(domain), \(candidate))
                ON CONFLICT DO NOTHING RETURNING selector
                """)
            if !rows.isEmpty { return candidate }
            candidate = random
        }
    }

    private static var random: String { "dispatch-\(Hex.encode(SecureRandom.bytes(4)))" }
}
