import FoundationEssentials

/// What concerns every tenant. One chunk, named `global`.
package struct GlobalChunk: Codable, Sendable, Equatable {
    /// A key that user tokens are verified with; symmetric secrets are sealed with the cluster key.
    package struct TokenKey: Codable, Sendable, Equatable {
        package let keyID: String?
        package let algorithm: String
        package let publicKeyPEM: String?
        package let sealedSecret: Data?

        package init(keyID: String?, algorithm: String, publicKeyPEM: String?, sealedSecret: Data?) {
            self.keyID = keyID
            self.algorithm = algorithm
            self.publicKeyPEM = publicKeyPEM
            self.sealedSecret = sealedSecret
        }
    }

    /// A secret of tracking links, sealed with the cluster key in the context `tracking-key`. It outlives
    /// cluster keys: links in mail are followed for years.
    package struct TrackingKey: Codable, Sendable, Equatable {
        package static let sealContext = "tracking-key"
        package let id: UInt8
        package let sealedSecret: Data

        package init(id: UInt8, sealedSecret: Data) {
            self.id = id
            self.sealedSecret = sealedSecret
        }
    }

    package var tokenKeys: [TokenKey]
    package var tokenIssuer: String?
    package var tokenAudience: String?
    /// Local users whose tokens from before this time (seconds since 1970) are void: password changed,
    /// disabled.
    package var tokensVoidBefore: [String: Int64]
    /// The host name that customers send through, such as `dispatch.example.com`.
    package var serviceHost: String
    /// Nil in a snapshot of a control plane that knows none: the nodes' own defaults hold.
    package var shaping: Shaping?
    /// The service's frame around HTML; nil: the built-in one.
    package var masterTemplate: String?
    /// What tracking and unsubscribe links are made with, newest last; nil in a snapshot of a control plane
    /// that knows none.
    package var trackingKeys: [TrackingKey]?
    /// Where such links lead for domains without a tracking host of their own, such as
    /// `https://dispatch.example.com`.
    package var trackingBaseURL: String?
    /// The nodes of the cluster; nil in a snapshot of a control plane that does not tell.
    package var nodes: [ClusterNode]?

    package init(
        tokenKeys: [TokenKey], tokenIssuer: String?, tokenAudience: String?,
        tokensVoidBefore: [String: Int64],
        serviceHost: String, shaping: Shaping? = nil, masterTemplate: String? = nil
    ) {
        self.tokenKeys = tokenKeys
        self.tokenIssuer = tokenIssuer
        self.tokenAudience = tokenAudience
        self.tokensVoidBefore = tokensVoidBefore
        self.serviceHost = serviceHost
        self.shaping = shaping
        self.masterTemplate = masterTemplate
    }
}

/// The tenants whose id ends in one byte: 256 chunks named `tenants/00` … `tenants/ff`.
package struct TenantsChunk: Codable, Sendable, Equatable {
    package var tenants: [TenantRecord]
    package init(tenants: [TenantRecord]) { self.tenants = tenants }

    /// The name of the chunk that holds a tenant.
    package static func name(for tenant: TenantID) -> String {
        "tenants/\(TenantID.text(ofBucket: tenant.bucket))"
    }
}

/// The suppressed addresses of the tenants whose id ends in one byte: `suppressions/00` … `suppressions/ff`.
/// As format 1 had them; what travels now are `SuppressionHashes`.
package struct SuppressionsChunk: Codable, Sendable, Equatable {
    /// Case-folded addresses by tenant.
    package var addresses: [String: [String]]
    package init(addresses: [String: [String]]) { self.addresses = addresses }

    package static func name(for tenant: TenantID) -> String {
        "suppressions/\(TenantID.text(ofBucket: tenant.bucket))"
    }
}
