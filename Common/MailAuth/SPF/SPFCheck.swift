/// `check_host()` of RFC 7208 §4: may this host send in the name of this domain?
///
/// No I/O of its own: every look-up goes to the `SPFResolver`. Bounds are those of §4.6.4: ten terms that
/// look something up, two look-ups that find nothing, ten mail hosts of a domain, ten names of an address.
/// Past one of them the result is `permerror`, except for names of an address, of which the rest is left out.
package struct SPFCheck {
    /// What is checked.
    package struct Mail: Sendable {
        package let address: SPFAddress
        /// The name given with HELO or EHLO.
        package let helo: String
        /// The envelope sender; empty for a notice, when `helo` is checked in its place.
        package let sender: String
        /// Our own name, for explanations.
        package let receiver: String
        /// Seconds since 1970, for explanations.
        package let now: Int

        package init(address: SPFAddress, helo: String, sender: String, receiver: String, now: Int) {
            self.address = address
            self.helo = helo
            self.sender = sender
            self.receiver = receiver
            self.now = now
        }

        /// §2.4: a notice is checked as if it came from the postmaster of the host; so is a missing local
        /// part.
        var localPart: String {
            guard let at = sender.lastIndex(of: "@"), at > sender.startIndex else { return "postmaster" }
            return String(sender[..<at])
        }

        package var domain: String {
            guard !sender.isEmpty else { return helo }
            guard let at = sender.lastIndex(of: "@") else { return sender }
            return String(sender[sender.index(after: at)...])
        }
    }

    /// Ends a check early.
    struct Ending: Error {
        let result: SPFResult
        let problem: String
    }

    static let maxLookupTerms = 10
    static let maxVoidLookups = 2
    static let maxMailHosts = 10
    static let maxNames = 10
    /// It is to stand in the reply of a mail server.
    static let maxExplanationBytes = 1_000

    let mail: Mail
    let resolver: any SPFResolver
    private(set) var lookupTerms = 0
    private(set) var voidLookups = 0
    /// Looked up once: a record may ask for them in every macro.
    private var knownNames: [String]?

    private init(_ mail: Mail, _ resolver: any SPFResolver) {
        self.mail = mail
        self.resolver = resolver
    }

    /// The result for the mail's sender, or its HELO name when it has none.
    package static func check(_ mail: Mail, with resolver: any SPFResolver) async -> SPFOutcome {
        var check = SPFCheck(mail, resolver)
        do throws(Ending) {
            return try await check.host(mail.domain, isOutermost: true)
        } catch {
            return SPFOutcome(error.result, problem: error.problem)
        }
    }

    /// §4.3 to §4.7 for one domain.
    private mutating func host(_ domain: String, isOutermost: Bool) async throws(Ending) -> SPFOutcome {
        guard SPFDomain.isValid(domain) else { return SPFOutcome(.none) }
        guard let record = try await record(of: domain) else { return SPFOutcome(.none) }
        for directive in record.directives
        where try await matches(directive.mechanism, domain: domain) {
            var outcome = SPFOutcome(directive.result, term: directive.text)
            if isOutermost, directive.result == .fail {
                outcome.explanation = await explanation(record, domain)
            }
            return outcome
        }
        guard let redirect = record.redirect, !record.hasAll else { return SPFOutcome(.neutral) }
        try countTerm()
        let target = await expand(domain: redirect, domain)
        let outcome = try await host(target, isOutermost: isOutermost)
        guard outcome.result != .none else {
            throw Ending(result: .permerror, problem: "redirect to \(target), which has no record")
        }
        return outcome
    }

    /// §4.4 and §4.5; nil when there is none.
    private func record(of domain: String) async throws(Ending) -> SPFRecord? {
        let texts: [[UInt8]]
        switch await resolver.texts(domain) {
        case .found(let found): texts = found.filter(SPFRecord.isRecord)
        case .missing: return nil
        case .failed: throw Ending(result: .temperror, problem: "TXT of \(domain) cannot be looked up")
        }
        guard let text = texts.first else { return nil }
        guard texts.count == 1 else {
            throw Ending(result: .permerror, problem: "\(domain) has \(texts.count) records")
        }
        do throws(SPFSyntaxError) { return try SPFRecord(text) } catch {
            throw Ending(result: .permerror, problem: "the record of \(domain): \(error.reason)")
        }
    }

    // MARK: Mechanisms

    private mutating func matches(
        _ mechanism: SPFRecord.Mechanism, domain: String
    ) async throws(Ending) -> Bool {
        if mechanism.needsLookup { try countTerm() }
        switch mechanism {
        case .all: return true
        case .network(let network, let length):
            return mail.address.isWithin(network, prefixLength: length)
        case .include(let text): return try await includes(await expand(domain: text, domain))
        case .a(let text, let prefixes):
            let target = await target(text, domain)
            return try await hasAddress(target, prefixes)
        case .mx(let text, let prefixes):
            let target = await target(text, domain)
            return try await hasMailHost(target, prefixes)
        case .ptr(let text):
            let target = await target(text, domain).lowercased()
            return await validatedNames().contains { $0 == target || $0.hasSuffix("." + target) }
        case .exists(let text):
            // Always an address of IPv4, however the client connected (§5.7).
            let target = await expand(domain: text, domain)
            return try await addresses(target, ipv6: false).isEmpty == false
        }
    }

    private mutating func target(_ text: SPFMacroText?, _ domain: String) async -> String {
        guard let text else { return domain }
        return await expand(domain: text, domain)
    }

    /// §5.2.
    private mutating func includes(_ target: String) async throws(Ending) -> Bool {
        switch try await host(target, isOutermost: false).result {
        case .pass: return true
        case .fail, .softfail, .neutral: return false
        case .none:
            throw Ending(result: .permerror, problem: "include of \(target), which has no record")
        case .temperror, .permerror: return false
        }
    }

    private mutating func hasAddress(_ name: String, _ prefixes: SPFPrefixes) async throws(Ending) -> Bool {
        let length = mail.address.isIPv6 ? prefixes.ipv6 : prefixes.ipv4
        return try await addresses(name, ipv6: mail.address.isIPv6).contains { address in
            mail.address.isWithin(address.bytes, prefixLength: length)
        }
    }

    private mutating func hasMailHost(_ name: String, _ prefixes: SPFPrefixes) async throws(Ending) -> Bool {
        guard SPFDomain.isQueryable(name) else { return false }
        let hosts = try counted(await resolver.mailHosts(name), "MX of \(name)") ?? []
        guard hosts.count <= Self.maxMailHosts else {
            throw Ending(result: .permerror, problem: "\(name) has \(hosts.count) mail hosts")
        }
        for host in hosts where try await hasAddress(host, prefixes) { return true }
        return false
    }

    /// None for a name that cannot be asked for.
    private mutating func addresses(_ name: String, ipv6: Bool) async throws(Ending) -> [SPFAddress] {
        guard SPFDomain.isQueryable(name) else { return [] }
        return try counted(await resolver.addresses(name, ipv6: ipv6), "addresses of \(name)") ?? []
    }

    /// §5.5: the names that the address claims and that lead back to it, in lower case. Failures count as
    /// "there is none".
    private mutating func validatedNames() async -> [String] {
        if let knownNames { return knownNames }
        let names = await lookUpNames()
        knownNames = names
        return names
    }

    private func lookUpNames() async -> [String] {
        guard case .found(let names) = await resolver.names(of: mail.address) else { return [] }
        var validated: [String] = []
        for name in names.prefix(Self.maxNames) where SPFDomain.isQueryable(name) {
            let answer = await resolver.addresses(name, ipv6: mail.address.isIPv6)
            if case .found(let addresses) = answer, addresses.contains(mail.address) {
                validated.append(name.lowercased())
            }
        }
        return validated
    }

    // MARK: Bounds

    private mutating func countTerm() throws(Ending) {
        lookupTerms += 1
        guard lookupTerms <= Self.maxLookupTerms else {
            throw Ending(result: .permerror, problem: "more than \(Self.maxLookupTerms) look-ups")
        }
    }

    private mutating func counted<Value>(
        _ answer: SPFAnswer<Value>, _ what: String
    ) throws(Ending) -> Value? {
        switch answer {
        case .found(let value): return value
        case .failed: throw Ending(result: .temperror, problem: "\(what) cannot be looked up")
        case .missing:
            voidLookups += 1
            guard voidLookups <= Self.maxVoidLookups else {
                throw Ending(
                    result: .permerror, problem: "more than \(Self.maxVoidLookups) look-ups find nothing")
            }
            return nil
        }
    }

    // MARK: Macros

    private mutating func expand(domain text: SPFMacroText, _ domain: String) async -> String {
        SPFDomain.shortened(await expand(text, domain))
    }

    private mutating func expand(_ text: SPFMacroText, _ domain: String) async -> String {
        var output = ""
        for piece in text.pieces {
            switch piece {
            case .literal(let literal): output += literal
            case .macro(let macro): output += macro.apply(to: await value(of: macro.letter, domain))
            }
        }
        return output
    }

    /// §7.2.
    private mutating func value(of letter: UInt8, _ domain: String) async -> String {
        switch letter {
        case UInt8(ascii: "s"): "\(mail.localPart)@\(mail.domain)"
        case UInt8(ascii: "l"): mail.localPart
        case UInt8(ascii: "o"): mail.domain
        case UInt8(ascii: "d"): domain
        case UInt8(ascii: "i"): mail.address.dotted
        case UInt8(ascii: "p"): await validatedName(domain)
        case UInt8(ascii: "v"): mail.address.isIPv6 ? "ip6" : "in-addr"
        case UInt8(ascii: "h"): mail.helo
        case UInt8(ascii: "c"): mail.address.description
        case UInt8(ascii: "r"): mail.receiver
        default: String(mail.now)
        }
    }

    /// §7.3: the domain itself before one below it before any other.
    private mutating func validatedName(_ domain: String) async -> String {
        let names = await validatedNames()
        let domain = domain.lowercased()
        return names.first { $0 == domain } ?? names.first { $0.hasSuffix("." + domain) } ?? names.first
            ?? "unknown"
    }

    /// §6.2: whatever goes wrong, there is just none.
    private mutating func explanation(_ record: SPFRecord, _ domain: String) async -> String? {
        guard let text = record.explanation else { return nil }
        let target = await expand(domain: text, domain)
        guard SPFDomain.isQueryable(target), case .found(let texts) = await resolver.texts(target),
            texts.count == 1, let bytes = texts.first,
            let sentence = SPFMacroText(bytes[...], isExplanation: true)
        else { return nil }
        let expanded = await expand(sentence, domain)
        let isSentence =
            expanded.utf8.count <= Self.maxExplanationBytes
            && expanded.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        return isSentence ? expanded : nil
    }
}
