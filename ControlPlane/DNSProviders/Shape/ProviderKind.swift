/// The providers, by the names that the API gives them.
package enum ProviderKind: String, Sendable, CaseIterable, Codable {
    case cloudflare, route53, gcp
}
