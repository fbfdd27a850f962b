import Admission
import HTTP
import NodeProtocol

/// The other nodes of the cluster, each of which answers for the keys that belong to it.
package protocol KeyPeers: Sendable {
    func place(of key: String) -> KeyPlace
    /// Has the owner answer a request.
    ///
    /// - Throws: 503 when it was not reached, 504 when it may have been; it has sent nothing twice.
    func pass(_ request: HTTPRequest, body: [UInt8], to owner: ClusterNode) async throws -> HTTPResponse
    /// Has the owner queue a message.
    func pass(_ message: PassedMessage, to owner: ClusterNode) async throws(Refusal) -> MessageID
    /// Asks an owner of before for what it knows of a key, and that it takes it no more.
    func release(_ key: KeyRelease, by former: ClusterNode) async throws(Refusal) -> KeyRelease.Answer
}

/// Who answers for a key.
package enum KeyPlace: Sendable {
    /// This node; it first asks those who may have seen the key before.
    case here(former: [ClusterNode])
    case there(ClusterNode)
}
