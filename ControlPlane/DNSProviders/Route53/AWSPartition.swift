/// Where Route 53 is, and the region that its requests are signed for. It is one service in each partition,
/// whatever region the user names.
struct AWSPartition: Sendable, Equatable {
    let base: String
    let signingRegion: String

    /// - Parameter base: another than the default means a place of the operator's, for all partitions.
    init(region: String, base: String) {
        let isDefault = base == ProviderEndpoints.route53URL
        switch region {
        case let region where region.hasPrefix("cn-"):
            self.base = isDefault ? "https://route53.amazonaws.com.cn" : base
            signingRegion = "cn-northwest-1"
        case let region where region.hasPrefix("us-gov-"):
            self.base = isDefault ? "https://route53.us-gov.amazonaws.com" : base
            signingRegion = "us-gov-west-1"
        default:
            self.base = base
            signingRegion = "us-east-1"
        }
    }
}
