/// What nodes ask the control plane of the hours in which readers opened a tenant's mail.
package enum OpenHours {
    package static let hoursOfDay = 24
    /// Addresses in one question.
    package static let maxAddresses = 5_000
    package static let maxQuestionBytes = 4 * 1024 * 1024

    package struct Question: Codable, Sendable {
        package var tenant: TenantID
        /// Case-folded.
        package var addresses: [String]

        package init(tenant: TenantID, addresses: [String]) {
            self.tenant = tenant
            self.addresses = addresses
        }
    }

    package struct Answer: Codable, Sendable {
        /// By address: how often it opened something in each hour of the day, in UTC. Those that never did
        /// are not in it.
        package var opens: [String: [Int]]

        package init(opens: [String: [Int]]) { self.opens = opens }
    }
}

extension NodePaths {
    /// On the control plane, signed by the node: an `OpenHours.Question`; answers an `OpenHours.Answer`.
    package static let openHours = "/api/v1/nodes/open-hours"
}
