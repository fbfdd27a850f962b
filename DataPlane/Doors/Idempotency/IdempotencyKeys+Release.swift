import Admission
import FoundationEssentials
import NodeProtocol

extension IdempotencyKeys {
    /// Gives a key over to another node that owns it now, and tells it what is known of it. From then on this
    /// node takes the key no more, after a restart as well.
    ///
    /// - Throws: when that cannot be put on disk.
    package func release(_ asked: KeyRelease, to node: UInt16) async throws(Refusal) -> KeyRelease.Answer {
        let call = Call(
            name: KeyName(Array(asked.name)[...]), tenant: asked.tenant, digest: Array(asked.digest))
        let entry = store.withLock {
            $0.release(call.name, call.tenant, call.digest, to: node, now: now())
        }
        guard let entry else { return KeyRelease.Answer(isRunning: true, records: []) }
        let known = Call(name: call.name, tenant: call.tenant, digest: entry.bodyHash)
        var records = entry.items.map { known.record(.item($0.key, $0.value)) }
        switch entry.outcome {
        case .response(let response): records.append(known.record(.response(response)))
        case .refusal(let refusal): records.append(known.record(.refusal(refusal)))
        case .queued: break
        case .running: return KeyRelease.Answer(isRunning: true, records: [])
        case .open, .passedOn:
            try await book?.keep(known.record(.passedOn(to: node)).encoded(), at: now())
        }
        return KeyRelease.Answer(isRunning: false, records: records.map { Data($0.encoded()) })
    }
}
