/// What is done, record by record, and why; nothing of it has happened yet.
package struct SetupPlan: Sendable {
    package enum Subject: String, Sendable, Codable, CaseIterable {
        case ownership, dkim, spf, dmarc
        case nextDKIM = "next_dkim"
        /// The key that signs no more: its record is taken away.
        case oldDKIM = "old_dkim"
        case returnPath = "return_path"
        case returnPathSPF = "return_path_spf"
        /// The alias of the domain's own host of tracking links.
        case tracking
    }

    package enum Action: String, Sendable, Codable {
        /// A record that was not there.
        case create
        /// A record that takes the place of another, or joins others.
        case update
        /// A record whose time is over is taken away.
        case remove
        /// It is as it should be.
        case none
        /// The caller did not ask for it.
        case skip
        /// It must not be changed by a program: the instructions say what a person does.
        case manual
    }

    package struct Step: Sendable, Equatable {
        package let subject: Subject
        package let key: RecordKey
        package let action: Action
        /// All values at the name, as people read them.
        package let before: [String]
        package let after: [String]
        package let why: String
        /// For `manual`.
        package let instructions: String?
    }

    /// In the order in which the records are shown everywhere.
    package internal(set) var steps: [Step] = []
    package internal(set) var warnings: [String] = []
    /// What a provider is asked to do: one change for each record set.
    package internal(set) var changes: [RecordSetChange] = []

    /// Of these subjects alone.
    package func limited(to subjects: Set<Subject>) -> SetupPlan {
        var plan = self
        plan.steps.removeAll { !subjects.contains($0.subject) }
        let keys = Set(plan.steps.map(\.key))
        plan.changes.removeAll { !keys.contains($0.key) }
        return plan
    }

    /// What is not as it should be in `sets`, read after the changes were made; empty when all is.
    package func differences(from sets: [RecordSet]) -> [String] {
        changes.flatMap { $0.differences(from: sets) }
    }
}

extension RecordContent {
    /// RFC 7208 §4.5.
    var isSPF: Bool { SPFText(printed) != nil }
    /// RFC 9989 §4.7.
    var isDMARC: Bool { DMARCText(printed) != nil }
}
