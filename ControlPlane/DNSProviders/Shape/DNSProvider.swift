/// An account at a DNS provider: lists its zones, reads record sets and changes them.
///
/// It promises that a change is made only where the record set still is what the caller has read, that values
/// which the caller did not name stay as they are byte for byte, and that the calls stay inside the
/// customer's quota. It fails with `DNSProviderError`, by what the caller does next. Limits: 2,000 zones,
/// 1,000 records at a name.
///
/// Everything about the account's standing (pace, tokens) is in the `ProviderSession` that it was made with.
package protocol DNSProvider: Sendable {
    /// The public zones that the credential may see.
    func zones() async throws(DNSProviderError) -> [DNSZone]

    /// One zone by its id, with its name servers.
    ///
    /// - Throws: `notFound` also for an id that cannot be one.
    func zone(_ id: String) async throws(DNSProviderError) -> DNSZone

    /// Every record set at each of the names, of all types.
    func recordSets(at names: [String], in zone: DNSZone) async throws(DNSProviderError) -> [RecordSet]

    /// Makes all changes, or none of them.
    ///
    /// - Throws: `conflict` when a set is not what `before` says any more; then nothing was changed.
    /// - Returns: whether the provider says that its servers have the change already. Nil when it does not
    ///   tell.
    func apply(_ changes: [RecordSetChange], to zone: DNSZone) async throws(DNSProviderError) -> Bool?
}
