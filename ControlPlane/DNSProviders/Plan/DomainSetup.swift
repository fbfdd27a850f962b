/// What a sending domain shall have in DNS, and what its owner asks for where others may stand already.
package struct DomainSetup: Sendable {
    package enum SPFAction: String, Sendable, CaseIterable {
        /// Adds our include to the record that is there, or makes one.
        case append
        /// Puts ours in the place of every SPF record at the name. Other TXT records stay.
        case overwrite
        case skip
    }

    package enum DMARCAction: String, Sendable, CaseIterable {
        /// Makes a record where there is none.
        case create
        /// Also adds the report address to the record that is there.
        case update
        case skip
    }

    /// Lower-case A-labels.
    package let domain: String
    package let ownership: (name: String, token: String)
    package let dkim: (name: String, record: String)
    /// The key that takes over when it is seen.
    package let nextDKIM: (name: String, record: String)?
    /// The key that signs no more, when its record is to be taken away.
    package let oldDKIM: (name: String, record: String)?
    /// Whose SPF record is included, and where bounces go.
    package let serviceHost: String
    /// Such as `dispatch.example.com`.
    package let returnPath: String
    package let returnPathPreference: UInt16
    /// The domain's own host of tracking links and what it is to be an alias of; nil for none.
    package let tracking: (name: String, target: String)?
    package let spfAction: SPFAction
    package let dmarcAction: DMARCAction
    /// Where DMARC reports go; nil for none.
    package let reportAddress: String?
    /// What earlier set-ups of the same tenant wrote: it is ours and may be replaced.
    package let ownValues: [RecordKey: Set<RecordContent>]

    package init(
        domain: String, ownership: (name: String, token: String), dkim: (name: String, record: String),
        nextDKIM: (name: String, record: String)? = nil, oldDKIM: (name: String, record: String)? = nil,
        serviceHost: String, returnPath: String,
        returnPathPreference: UInt16 = 10, tracking: (name: String, target: String)? = nil,
        spfAction: SPFAction,
        dmarcAction: DMARCAction, reportAddress: String?, ownValues: [RecordKey: Set<RecordContent>] = [:]
    ) {
        self.domain = RecordKey.normal(domain)
        self.ownership = ownership
        self.dkim = dkim
        self.nextDKIM = nextDKIM
        self.oldDKIM = oldDKIM
        self.serviceHost = RecordKey.normal(serviceHost)
        self.returnPath = RecordKey.normal(returnPath)
        self.returnPathPreference = returnPathPreference
        self.tracking = tracking.map { (RecordKey.normal($0.name), RecordKey.normal($0.target)) }
        self.spfAction = spfAction
        self.dmarcAction = dmarcAction
        self.reportAddress = reportAddress
        self.ownValues = ownValues
    }

    package var dmarcName: String { "_dmarc.\(domain)" }

    /// Every name whose records a plan must know: those that it writes to, and `_domainkey`, which may be
    /// delegated away.
    package var names: [String] {
        [
            domain, RecordKey.normal(ownership.name), "_domainkey.\(domain)", RecordKey.normal(dkim.name),
            returnPath, dmarcName,
        ] + [nextDKIM, oldDKIM].compactMap { $0.map { RecordKey.normal($0.name) } }
            + (tracking.map { $0.name == domain ? [] : [$0.name] } ?? [])
    }
}
