import MailAuth

extension SetupPlanner {
    /// The SPF record that a plan may want to publish at each name: their cost is counted before it is made.
    package static func candidates(_ setup: DomainSetup, sets: [RecordSet]) -> [(
        name: String, record: String
    )] {
        var candidates: [(name: String, record: String)] = []
        for (name, action) in [(setup.domain, setup.spfAction), (setup.returnPath, .append)]
        where action != .skip {
            let key = RecordKey(name, "TXT")
            let found = (sets.first { $0.key == key }?.contents ?? []).compactMap { SPFText($0.printed) }
            if action == .overwrite || found.isEmpty {
                candidates.append((name, SPFText.new(including: setup.serviceHost)))
            } else if found.count == 1, let edited = found.first?.including(setup.serviceHost),
                found.first?.include(of: setup.serviceHost) == nil
            {
                candidates.append((name, edited.text))
            }
        }
        return candidates
    }

    mutating func planSPF() {
        let key = RecordKey(setup.domain, "TXT")
        guard setup.spfAction != .skip else {
            return leave(.spf, key, .skip, "not asked for; what counts for our mail is \(setup.returnPath)")
        }
        planSPF(.spf, key, overwrites: setup.spfAction == .overwrite)
    }

    /// SPF is checked on the envelope sender: this is its domain.
    mutating func planReturnPathSPF() {
        planSPF(.returnPathSPF, RecordKey(setup.returnPath, "TXT"), overwrites: false)
    }

    private mutating func planSPF(_ subject: SetupPlan.Subject, _ key: RecordKey, overwrites: Bool) {
        let host = setup.serviceHost
        let found = values(key).compactMap { SPFText($0.content.printed) }
        let new = SPFText.new(including: host)
        if found.count == 1, let record = found.first, let include = record.include(of: host) {
            if include.qualifier != "+" {
                warn(
                    "\(key.name): our include has the qualifier \(include.qualifier ?? " "),"
                        + " so it passes nothing"
                )
            }
            if !overwrites || record.text.lowercased() == new.lowercased() {
                return leave(subject, key, .none, "\(host) is included")
            }
        }
        if let obstacle = obstacle(key) {
            return leave(
                subject, key, .manual, obstacle,
                instructions: "Publish \(new) in the TXT record at \(key.name).")
        }
        if overwrites { return overwriteSPF(subject, key, found, new) }
        guard found.count <= 1 else {
            return leave(
                subject, key, .manual, "\(found.count) SPF records are there, and with two none counts",
                instructions:
                    "Put one in their place, such as \(SPFText.merged(found, including: host)), or ask"
                    + " for spf_action overwrite.")
        }
        guard let record = found.first else {
            if let refusal = spfRefusal(key, isNew: true) {
                return leave(subject, key, .manual, refusal, instructions: "Publish \(new) at \(key.name).")
            }
            return write(subject, key, .text(new), "lets \(host) send for \(key.name)")
        }
        append(subject, key, to: record)
    }

    private mutating func append(_ subject: SetupPlan.Subject, _ key: RecordKey, to record: SPFText) {
        let host = setup.serviceHost
        guard record.text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), let edited = record.including(host)
        else {
            return leave(
                subject, key, .manual, "the record holds characters that SPF does not know",
                instructions: "Add include:\(host) to it before its all.")
        }
        if let refusal = spfRefusal(key, isNew: false) {
            return leave(
                subject, key, .manual, refusal,
                instructions: "Take something out of it, then publish \(edited.text) at \(key.name).")
        }
        if !record.terms.contains(where: { ["all", "redirect"].contains($0.name) }) {
            warn("\(key.name): its SPF record ends without all, so it never fails anything")
        }
        if edited.text.utf8.count > SPFText.advisedBytes {
            warn("\(key.name): its SPF record has more than \(SPFText.advisedBytes) bytes")
        }
        let old = RecordContent.text(record.text)
        write(
            subject, key, .text(edited.text), replacing: { $0 == old },
            "adds include:\(host) to the record that is there; its other terms stay")
    }

    private mutating func overwriteSPF(
        _ subject: SetupPlan.Subject, _ key: RecordKey, _ found: [SPFText], _ new: String
    ) {
        if let refusal = spfRefusal(key, isNew: true) {
            return leave(subject, key, .manual, refusal, instructions: "Publish \(new) at \(key.name).")
        }
        guard !found.isEmpty else {
            return write(subject, key, .text(new), "lets \(setup.serviceHost) send for \(key.name)")
        }
        let dropped = found.flatMap(\.terms).filter {
            $0.name != "all" && RecordKey.normal($0.value) != setup.serviceHost
        }
        if !dropped.isEmpty {
            warn(
                "\(key.name): no longer in its SPF record: "
                    + dropped.map { String($0.text) }.joined(separator: " ")
            )
        }
        write(
            subject, key, .text(new), replacing: \.isSPF,
            "takes the place of \(found.count == 1 ? "a record" : "\(found.count) records") of SPF, as asked"
        )
    }

    /// Why a record must not be published although it is well formed.
    private mutating func spfRefusal(_ key: RecordKey, isNew: Bool) -> String? {
        guard let cost = findings.spfCosts[key.name] else { return nil }
        let host = setup.serviceHost
        if cost.missing.contains(host) {
            warn("\(host) has no SPF record yet: the include is of no use until it has")
        }
        if cost.lookups > SPFCost.maxLookups {
            return "with our include it would cost \(cost.lookups) look-ups, and more than"
                + " \(SPFCost.maxLookups) make it void"
        }
        if let fault = cost.faults.first { return "it would be void: \(fault)" }
        if cost.voidLookups > SPFBudget.maxVoidLookups {
            warn(
                "\(key.name): \(cost.voidLookups) look-ups of its SPF record find nothing; more than"
                    + " \(SPFBudget.maxVoidLookups) make it void")
        }
        let others = cost.missing.filter { $0 != host }
        if !others.isEmpty {
            warn("\(key.name) includes domains without SPF: \(others.joined(separator: ", "))")
        }
        if cost.hasMacros {
            warn("\(key.name): its SPF record has macros; it costs \(cost.lookups) look-ups or more")
        }
        let unknown = cost.unreachable.filter { $0 != host }
        if !isNew, !unknown.isEmpty {
            return "its look-ups could not be counted: \(unknown.joined(separator: ", ")) did not answer"
        }
        return nil
    }
}
