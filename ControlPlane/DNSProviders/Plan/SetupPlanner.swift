/// Compares what a domain shall have with what its zone holds, and says what to do about each record.
///
/// Pure. It promises that no value which it does not replace by name is missing afterwards (checked before it
/// answers), that there is never a second SPF or DMARC record, and that a DMARC policy is never weakened.
/// What it must not decide it leaves to a person, with instructions: a name that is an alias or delegated
/// away, records of others that stand in the way.
package struct SetupPlanner: Sendable {
    let setup: DomainSetup
    let zone: DNSZone
    let findings: SetupFindings
    private let read: [RecordKey: RecordSet]
    private var planned: [RecordKey: RecordSet]
    private var replaced: [RecordKey: [RecordValue]] = [:]
    private var plan = SetupPlan()

    /// A plan that would have lost something: a fault of this program, and nothing is done.
    package struct WouldLose: Error, Equatable {
        package let value: String
    }

    private init(_ setup: DomainSetup, _ zone: DNSZone, _ sets: [RecordSet], _ findings: SetupFindings) {
        self.setup = setup
        self.zone = zone
        self.findings = findings
        read = Dictionary(sets.map { ($0.key, $0) }) { first, _ in first }
        planned = read
    }

    /// - Parameter sets: everything at `setup.names`, just read.
    package static func plan(
        _ setup: DomainSetup, zone: DNSZone, sets: [RecordSet], findings: SetupFindings
    ) throws(WouldLose) -> SetupPlan {
        var planner = SetupPlanner(setup, zone, sets, findings)
        planner.planOwnership()
        planner.planKey(.dkim, setup.dkim)
        if let next = setup.nextDKIM { planner.planKey(.nextDKIM, next) }
        if let old = setup.oldDKIM { planner.planRemoval(.oldDKIM, old) }
        planner.planSPF()
        planner.planDMARC()
        planner.planReturnPath()
        planner.planReturnPathSPF()
        if let tracking = setup.tracking { planner.planTracking(tracking) }
        return try planner.finished()
    }

    // MARK: What the parts use

    func set(_ key: RecordKey) -> RecordSet? { planned[key] }

    func values(_ key: RecordKey) -> [RecordValue] { planned[key]?.values ?? [] }

    /// Whether records of other types stand at the name, or are planned to.
    func hasOthers(at key: RecordKey) -> Bool {
        planned.contains { $0.key.name == key.name && $0.key.type != key.type && !$0.value.values.isEmpty }
    }

    /// Why nothing may be written there, with what a person can do; nil when it may.
    func obstacle(_ key: RecordKey) -> String? {
        if let set = read[key], let reason = set.lockedReason { return reason }
        // At the top of a zone only a provider that answers for the target itself has an alias.
        if key.name != zone.name, let alias = read[RecordKey(key.name, "CNAME")] {
            return "\(key.name) is an alias of \(alias.contents.first?.printed ?? "another name"),"
                + " beside which no other record may stand"
        }
        var name = key.name
        while name != zone.name, zone.holds(name) {
            if read[RecordKey(name, "NS")] != nil { return "\(name) is delegated to other name servers" }
            if name != key.name, read[RecordKey(name, "DNAME")] != nil { return "\(name) is a DNAME" }
            guard let dot = name.firstIndex(of: ".") else { break }
            name = String(name[name.index(after: dot)...])
        }
        return nil
    }

    mutating func warn(_ text: String) { plan.warnings.append(text) }

    /// A step that changes nothing.
    mutating func leave(
        _ subject: SetupPlan.Subject, _ key: RecordKey, _ action: SetupPlan.Action, _ why: String,
        instructions: String? = nil
    ) {
        let texts = values(key).map(\.content.printed)
        plan.steps.append(
            .init(
                subject: subject, key: key, action: action, before: texts, after: texts, why: why,
                instructions: instructions))
    }

    /// A step that adds a value, in the place of others when there are any to replace.
    mutating func write(
        _ subject: SetupPlan.Subject, _ key: RecordKey, _ content: RecordContent,
        replacing isReplaced: (RecordContent) -> Bool = { _ in false }, _ why: String
    ) {
        let before = values(key)
        var set = planned[key] ?? RecordSet(key, values: [])
        let index = set.values.firstIndex { isReplaced($0.content) } ?? set.values.endIndex
        let new = before.first { $0.content == content } ?? RecordValue(content)
        set.values.removeAll { isReplaced($0.content) || $0.content == content }
        set.values.insert(new, at: min(index, set.values.endIndex))
        planned[key] = set
        plan.steps.append(
            .init(
                subject: subject, key: key, action: before.isEmpty ? .create : .update,
                before: before.map(\.content.printed), after: set.values.map(\.content.printed), why: why,
                instructions: nil))
        for value in before where isReplaced(value.content) { replaced[key, default: []].append(value) }
    }

    /// A step that takes values away; what else stands there stays.
    mutating func remove(
        _ subject: SetupPlan.Subject, _ key: RecordKey, where isGone: (RecordContent) -> Bool, _ why: String
    ) {
        let before = values(key)
        var set = planned[key] ?? RecordSet(key, values: [])
        set.values.removeAll { isGone($0.content) }
        planned[key] = set
        plan.steps.append(
            .init(
                subject: subject, key: key, action: .remove, before: before.map(\.content.printed),
                after: set.values.map(\.content.printed), why: why, instructions: nil))
        for value in before where isGone(value.content) { replaced[key, default: []].append(value) }
    }

    // MARK: The end

    private func finished() throws(WouldLose) -> SetupPlan {
        var plan = plan
        for key in planned.keys.sorted(by: { $0.description < $1.description }) {
            for value in read[key]?.values ?? [] where !(replaced[key] ?? []).contains(value) {
                guard planned[key]?.values.contains(value) == true else {
                    throw WouldLose(value: "\(key) \(value.content.printed)")
                }
            }
            guard let change = RecordSetChange(key: key, before: read[key], after: planned[key]) else {
                continue
            }
            let (old, new) = (read[key]?.contents ?? [], planned[key]?.contents ?? [])
            guard new.count(where: \.isSPF) <= max(1, old.count(where: \.isSPF)),
                new.count(where: \.isDMARC) <= max(1, old.count(where: \.isDMARC))
            else { throw WouldLose(value: "\(key) would hold two policies") }
            plan.changes.append(change)
        }
        return plan
    }
}
