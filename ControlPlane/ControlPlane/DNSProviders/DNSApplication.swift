import DNSProviders
import EventLoop
import FoundationEssentials
import HTTP

/// Makes the changes of a plan, and those of a new one when the zone moved in between.
struct DNSApplication: Sendable {
    /// Five plans that are all overtaken mean that somebody else's program is at work there.
    private static let maxPlans = 5

    struct Applied: Sendable {
        /// The one that was made.
        let plan: SetupPlan
        let isInSync: Bool?
        /// What is not as it should be although the provider took the change.
        let differences: [String]
    }

    let setup: DNSSetupContext
    let undoID: UUID

    /// - Throws: `DNSProviderError` from the provider's side, or what planning anew throws.
    func run(_ first: SetupPlan) async throws -> Applied {
        var plan = first
        for _ in 1..<Self.maxPlans {
            do throws(DNSProviderError) { return try await apply(plan) } catch {
                guard case .conflict = error else { throw error }
            }
            await EventLoop.current?.sleep(.milliseconds(Int64.random(in: 100...500)))
            plan = try await setup.plan()
            try await DNSChangeRow.note(plan.changes, undoID, setup.domain.tenant, setup.context.pool)
        }
        return try await apply(plan)
    }

    private func apply(_ plan: SetupPlan) async throws(DNSProviderError) -> Applied {
        let isInSync: Bool?
        do throws(DNSProviderError) {
            isInSync = try await setup.provider.apply(plan.changes, to: setup.zone)
        } catch {
            // The answer may have been lost on a change that was made.
            guard case .temporary = error, let differences = await differences(plan), differences.isEmpty
            else {
                throw error
            }
            return Applied(plan: plan, isInSync: nil, differences: [])
        }
        let differences = await differences(plan) ?? ["the zone could not be read again after the change"]
        return Applied(plan: plan, isInSync: isInSync, differences: differences)
    }

    /// Nil when the zone cannot be read.
    private func differences(_ plan: SetupPlan) async -> [String]? {
        let names = Array(Set(plan.changes.map(\.key.name))).sorted()
        guard let sets = try? await setup.provider.recordSets(at: names, in: setup.zone) else { return nil }
        return plan.differences(from: sets)
    }
}

extension DNSProviderError {
    /// Whether a change may have been made all the same.
    var leavesDoubt: Bool { if case .temporary = self { true } else { false } }
}
