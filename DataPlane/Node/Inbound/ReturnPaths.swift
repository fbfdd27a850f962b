import Crypto
import EventLoop
import FoundationEssentials
import NodeProtocol

/// The return paths of the cluster's keys of the moment: all loops make and prove them with the same.
///
/// When the cluster has changed its key and dropped the old one, reports about mail from before prove nothing
/// any more and are refused: a node that was removed knows that key.
final class ReturnPaths: Sendable {
    private struct Held {
        var keys: [Data]
        var path: ReturnPath
    }

    private let keeper: IdentityKeeper
    private let held: Locked<Held>

    /// - Throws: `CryptoError` when the identity has no key.
    init(_ keeper: IdentityKeeper) throws(CryptoError) {
        self.keeper = keeper
        let keys = keeper.current.clusterKeys
        held = Locked(Held(keys: keys, path: try ReturnPath(clusterKeys: keys.map { Array($0) })))
    }

    var current: ReturnPath {
        let keys = keeper.current.clusterKeys
        return held.withLock { held in
            if held.keys != keys, let path = try? ReturnPath(clusterKeys: keys.map { Array($0) }) {
                held = Held(keys: keys, path: path)
            }
            return held.path
        }
    }
}
