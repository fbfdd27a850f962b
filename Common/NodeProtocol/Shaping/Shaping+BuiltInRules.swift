extension Shaping {
    /// What the replies of well-known hosts ask for, where slowing down by the queue's own adaptation would
    /// not be enough: their texts name a time or a list, and trying on makes it worse.
    static let builtInRules: [AutomationRule] = [
        .init(
            id: "yahoo.tss04", provider: "yahoo", code: "4", contains: "[TSS04]", action: .suspendLane,
            durationSeconds: 2 * hour,
            reason: "Yahoo defers this address for unusual volume or complaints"),
        .init(
            id: "yahoo.ts03", provider: "yahoo", contains: "[TS03]", action: .suspendLane,
            durationSeconds: 6 * hour, reason: "Yahoo refuses this address for its complaints"),
        .init(
            id: "microsoft.rp-001", provider: "microsoft.consumer", code: "4", contains: "RP-001",
            action: .slowLane, limits: gentle, durationSeconds: 2 * hour,
            reason: "Microsoft limits the rate of this address by its reputation"),
        .init(
            id: "microsoft.rp-002", provider: "microsoft.consumer", code: "4", contains: "RP-002",
            action: .slowLane, limits: gentle, durationSeconds: 2 * hour,
            reason: "Microsoft limits the rate of the connecting domain by its reputation"),
        .init(
            id: "microsoft.rp-003", provider: "microsoft.consumer", code: "4", contains: "RP-003",
            action: .slowLane, limits: gentle, durationSeconds: 2 * hour,
            reason: "Microsoft limits the connections of this address by its reputation"),
        .init(
            id: "microsoft.s3140", provider: "microsoft.consumer", code: "5", contains: "(S3140)",
            threshold: 3, windowSeconds: 600, action: .suspendLane, durationSeconds: 6 * hour,
            reason: "Microsoft has part of this network on its block list"),
        .init(
            id: "microsoft.s3150", provider: "microsoft.consumer", code: "5", contains: "(S3150)",
            threshold: 3, windowSeconds: 600, action: .suspendLane, durationSeconds: 6 * hour,
            reason: "Microsoft has part of this network on its block list"),
        .init(
            id: "microsoft.4.7.650", provider: "microsoft.hosted", enhancedCode: "4.7.650",
            action: .slowLane, limits: gentle, durationSeconds: hour,
            reason: "Microsoft limits the rate of this address by its reputation"),
        .init(
            id: "google.4.7.28", provider: "google", enhancedCode: "4.7.28", threshold: 3, windowSeconds: 600,
            action: .slowLane, limits: gentle, durationSeconds: hour,
            reason: "Google sees an unusual rate of unwanted mail from this address"),
        .init(
            id: "google.5.7.28", provider: "google", enhancedCode: "5.7.28", threshold: 10,
            windowSeconds: 600, action: .suspendLane, durationSeconds: hour,
            reason: "Google refuses the mail of this address as unwanted bulk"),
        .init(
            id: "comcast.rate", provider: "comcast", code: "4", contains: "RL000", action: .slowLane,
            limits: gentle, durationSeconds: hour, reason: "Comcast limits the rate of this address"),
        .init(
            id: "orange.connections", provider: "orange", code: "4", contains: "OFR004_104",
            action: .slowLane, limits: DestinationLimits(maxConnections: 1), durationSeconds: hour,
            reason: "Orange takes no more connections from this address"),
        .init(
            id: "too-many-connections", code: "4", contains: "too many connections", threshold: 5,
            windowSeconds: 60, action: .slowLane, limits: DestinationLimits(maxConnections: 2),
            durationSeconds: hour / 2, reason: "the host takes no more connections from this address"),
        .init(
            id: "proofpoint.blocked", contains: "ipcheck.proofpoint.com", threshold: 3, windowSeconds: 600,
            action: .suspendLane, durationSeconds: 4 * hour,
            reason: "Proofpoint has this address on its block list"),
        .init(
            id: "cloudmark.blocked", contains: "csi.cloudmark.com", threshold: 3, windowSeconds: 600,
            action: .suspendLane, durationSeconds: 4 * hour,
            reason: "Cloudmark has this address on its block list"),
        .init(
            id: "barracuda.blocked", contains: "barracudacentral.org", threshold: 3, windowSeconds: 600,
            action: .suspendLane, durationSeconds: 4 * hour,
            reason: "Barracuda has this address on its block list"),
        .init(
            id: "spamhaus.address", contains: "zen.spamhaus.org", threshold: 3, windowSeconds: 600,
            action: .suspendLane, durationSeconds: hour,
            reason: "the host finds this address on a list of Spamhaus"),
        .init(
            id: "spamhaus.query", contains: "spamhaus.org/query/ip", threshold: 3, windowSeconds: 600,
            action: .suspendLane, durationSeconds: hour,
            reason: "the host finds this address on a list of Spamhaus"),
        .init(
            id: "spamhaus.domain", contains: "dbl.spamhaus.org", threshold: 3, windowSeconds: 600,
            action: .suspendTenant, durationSeconds: hour,
            reason: "the host finds a domain of the tenant's mail on a list of Spamhaus"),
    ]

    private static let hour = 3_600
    private static let gentle = DestinationLimits(maxConnections: 2, messagesPerSecond: 1)
}
