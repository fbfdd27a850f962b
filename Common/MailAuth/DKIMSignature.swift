/// A `DKIM-Signature` field, read and checked as far as that is possible without its key (RFC 6376 §3.5,
/// §6.1.1).
struct DKIMSignature {
    let algorithm: DKIMAlgorithm
    let header: DKIMCanonicalization
    let body: DKIMCanonicalization
    let domain: String
    let selector: String
    /// The domain of `i=`; `domain` when there is none.
    let identityDomain: String
    let identity: String
    /// The names of `h=`, in lower case.
    let signedNames: [[UInt8]]
    let bodyHash: [UInt8]
    let signature: [UInt8]
    /// Where the value of `b=` is in the message, which is not signed.
    let signaturePlace: Range<Int>
    let bodyLimitBytes: Int?
    /// Seconds since 1970.
    let expiresAt: Int?

    /// No list is longer; a signature that names more fields is refused.
    static let maxSignedNames = 500

    /// What can be said about a signature that cannot be used.
    struct Refusal: Error {
        let problem: DKIMProblem
        var domain: String?
        var selector: String?
    }

    init(_ field: MessageFields.Field, of message: [UInt8]) throws(Refusal) {
        guard let tags = DKIMTagList(message[field.value]) else { throw Refusal(problem: .syntax) }
        let domain = tags["d"]?.text
        let selector = tags["s"]?.text
        func refusal(_ problem: DKIMProblem) -> Refusal {
            Refusal(problem: problem, domain: domain, selector: selector)
        }
        guard tags["v"]?.text == "1" else { throw refusal(.unsupportedVersion) }
        guard let algorithmName = tags["a"]?.text, let signature = tags["b"], let bodyHash = tags["bh"],
            let domain, let names = tags["h"]?.items, let selector
        else { throw refusal(.missingTag) }
        guard let algorithm = DKIMAlgorithm(rawValue: algorithmName.lowercased())
        else { throw refusal(.unsupportedAlgorithm) }
        guard let (header, body) = Self.canonicalizations(tags["c"]?.text) else {
            throw refusal(.unsupportedCanonicalization)
        }
        guard DKIMName.isDomain(domain), DKIMName.isDomain(selector), names.count <= Self.maxSignedNames,
            let signatureBytes = signature.base64, let bodyHashBytes = bodyHash.base64,
            bodyHashBytes.count == 32,
            !signatureBytes.isEmpty
        else { throw refusal(.syntax) }
        guard names.contains(where: { $0.lowercased() == "from" }) else { throw refusal(.fromNotSigned) }
        if let queries = tags["q"]?.items, !queries.contains("dns/txt") { throw refusal(.unsupportedQuery) }

        self.algorithm = algorithm
        self.header = header
        self.body = body
        self.domain = domain
        self.selector = selector
        self.signature = signatureBytes
        self.bodyHash = bodyHashBytes
        signaturePlace = signature.place
        signedNames = names.map { $0.utf8.map(\.lowercased) }
        bodyLimitBytes = try Self.number(tags["l"], refusal(.syntax))
        expiresAt = try Self.number(tags["x"], refusal(.syntax))
        let signedAt = try Self.number(tags["t"], refusal(.syntax))
        if let expiresAt, let signedAt, expiresAt <= signedAt { throw refusal(.syntax) }

        identity = tags["i"]?.text ?? "@" + domain
        guard let at = identity.lastIndex(of: "@") else { throw refusal(.syntax) }
        identityDomain = String(identity[identity.index(after: at)...])
        // §3.5 i=: the domain, or one below it.
        let owner = domain.lowercased()
        let claimed = identityDomain.lowercased()
        guard claimed == owner || claimed.hasSuffix("." + owner) else { throw refusal(.identityNotInDomain) }
    }

    private static func number(_ value: DKIMTagList.Value?, _ refusal: Refusal) throws(Refusal) -> Int? {
        guard let value else { return nil }
        guard let number = value.number else { throw refusal }
        return number
    }

    /// §3.5 c=: `simple/simple` when missing; the body is `simple` when only one is named.
    private static func canonicalizations(_ text: String?) -> (DKIMCanonicalization, DKIMCanonicalization)? {
        guard let text else { return (.simple, .simple) }
        let names = text.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(names.count), let header = DKIMCanonicalization(rawValue: String(names[0]))
        else { return nil }
        if names.count == 1 { return (header, .simple) }
        guard let body = DKIMCanonicalization(rawValue: String(names[1])) else { return nil }
        return (header, body)
    }

    /// What the signature is computed over (§3.7): the signed fields, then this field with `b=` emptied.
    func signedInput(_ own: MessageFields.Field, of message: [UInt8], _ fields: [MessageFields.Field])
        -> [UInt8]
    {
        var input: [UInt8] = []
        input.reserveCapacity(4096)
        // Of each name the lowest field that was not taken yet; none left means the signer signed its
        // absence.
        var searchedTo: [[UInt8]: Int] = [:]
        for name in signedNames {
            var index = searchedTo[name] ?? fields.count
            while index > 0 {
                index -= 1
                guard message.matches(name, in: fields[index].name) else { continue }
                header.appendField(fields[index], of: message, to: &input)
                input += [0x0D, 0x0A]
                break
            }
            searchedTo[name] = index
        }
        let emptied =
            message[own.whole.lowerBound..<signaturePlace.lowerBound]
            + message[signaturePlace.upperBound..<own.whole.upperBound]
        let bytes = Array(emptied)
        let value = own.value.lowerBound - own.whole.lowerBound
        let field = MessageFields.Field(name: 0..<own.name.count, value: value..<bytes.count)
        header.appendField(field, of: bytes, to: &input)
        return input
    }
}
