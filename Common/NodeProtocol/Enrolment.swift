import FoundationEssentials

/// A node asks to become one of the cluster: `POST /api/v1/nodes/join`, once for each join token.
package struct JoinRequest: Codable, Sendable, Equatable {
    package static let path = "/api/v1/nodes/join"

    package var token: String
    /// Ed25519, raw 32 bytes: signs what the node asks and reports.
    package var signingKey: Data
    /// X25519, raw 32 bytes: the cluster key is sealed to it.
    package var sealingKey: Data
    /// Where the control plane reaches the node's control listener, such as `http://10.0.0.7:8027`.
    package var controlURL: String
    /// Where customers' sends are relayed to, such as `http://10.0.0.7:8025`.
    package var httpURL: String
    package var hostName: String

    package init(
        token: String, signingKey: Data, sealingKey: Data, controlURL: String, httpURL: String,
        hostName: String
    ) {
        self.token = token
        self.signingKey = signingKey
        self.sealingKey = sealingKey
        self.controlURL = controlURL
        self.httpURL = httpURL
        self.hostName = hostName
    }
}

/// What makes a node part of the cluster.
package struct JoinResponse: Codable, Sendable, Equatable {
    package var node: UInt16
    package var name: String
    package var clusterID: String
    package var signingKeys: [SigningKey]
    /// The cluster key (32 bytes), sealed to the node's X25519 key in the context `cluster-key`.
    package var sealedClusterKey: Data

    package static let clusterKeyContext = "cluster-key"

    package init(
        node: UInt16, name: String, clusterID: String, signingKeys: [SigningKey], sealedClusterKey: Data
    ) {
        self.node = node
        self.name = name
        self.clusterID = clusterID
        self.signingKeys = signingKeys
        self.sealedClusterKey = sealedClusterKey
    }
}

/// A cluster key (32 bytes) sealed to the node that asked for it, in `JoinResponse.clusterKeyContext`.
package struct SealedClusterKey: Codable, Sendable, Equatable {
    package var keyID: String
    package var sealedKey: Data

    package init(keyID: String, sealedKey: Data) {
        self.keyID = keyID
        self.sealedKey = sealedKey
    }
}

/// The paths on which the planes talk with each other.
package enum NodePaths {
    /// On the control plane, signed by the node: the newest manifest (`SignedManifest`).
    package static let manifest = "/api/v1/nodes/snapshot"
    /// On the control plane, signed by the node: a chunk's bytes by its hash, appended to this.
    package static let chunkPrefix = "/api/v1/nodes/snapshot/chunks/"
    /// On the control plane, signed by the node: the cluster's keys as `[SealedClusterKey]`, newest last. A
    /// new key comes into use when every node that serves has asked for it.
    package static let clusterKeys = "/api/v1/nodes/cluster-keys"
    /// On the control plane, signed by the node: a `Report`.
    package static let reports = "/api/v1/nodes/reports"
    /// On the node's control listener, signed by the cluster: a `SignedManifest`; answers `SnapshotAnswer`.
    package static let push = "/control/v1/snapshot"
    /// On the node's control listener, signed by the cluster: answers `NodeStatus`.
    package static let status = "/control/v1/status"
    /// On the node's control listener, signed by the cluster: `[TenantNotice]`; answers `TakenNotices`.
    package static let notices = "/control/v1/notices"
}

/// What a node says to a pushed manifest.
package struct SnapshotAnswer: Codable, Sendable, Equatable {
    package var accepted: Bool
    package var heldVersion: Int64?
    /// `SnapshotRefusal.reason`, and its text.
    package var reason: String?
    package var detail: String?

    package init(accepted: Bool, heldVersion: Int64?, reason: String? = nil, detail: String? = nil) {
        self.accepted = accepted
        self.heldVersion = heldVersion
        self.reason = reason
        self.detail = detail
    }
}

/// How a node is.
package struct NodeStatus: Codable, Sendable, Equatable {
    package var node: UInt16
    package var heldVersion: Int64?
    package var snapshotExpired: Bool
    package var queuedRecipients: Int
    package var journalBehind: UInt64

    package init(
        node: UInt16, heldVersion: Int64?, snapshotExpired: Bool, queuedRecipients: Int, journalBehind: UInt64
    ) {
        self.node = node
        self.heldVersion = heldVersion
        self.snapshotExpired = snapshotExpired
        self.queuedRecipients = queuedRecipients
        self.journalBehind = journalBehind
    }
}
