import DNSProviders
import EventLoop
import FoundationEssentials
import HTTP

/// Takes back what a set-up changed.
struct DNSUndo: Sendable {
    private static let maxPlans = 5

    let provider: any DNSProvider
    let change: DNSChangeRow

    /// - Returns: the changes that were made.
    /// - Throws: 409 when the zone holds something else now; `DNSProviderError` from the provider's side.
    func run() async throws -> [RecordSetChange] {
        let zone = try await provider.zone(change.zoneID)
        guard zone.name == change.zoneName else {
            throw APIError(409, "dns_records_changed", "The zone \(change.zoneName) is another one now.")
        }
        let names = Array(Set(change.changes.map(\.key.name))).sorted()
        var attempt = 1
        while true {
            let sets = try await provider.recordSets(at: names, in: zone)
            let changes: [RecordSetChange]
            do throws(UndoPlan.Changed) { changes = try UndoPlan.plan(change.changes, sets: sets) } catch {
                throw Self.refusal(error)
            }
            do throws(DNSProviderError) {
                _ = try await provider.apply(changes, to: zone)
                return changes
            } catch {
                if case .temporary = error, await isMade(changes, names, zone) { return changes }
                guard case .conflict = error, attempt < Self.maxPlans else { throw error }
                attempt += 1
            }
            await EventLoop.current?.sleep(.milliseconds(Int64.random(in: 100...500)))
        }
    }

    /// The answer may have been lost on a change that was made.
    private func isMade(_ changes: [RecordSetChange], _ names: [String], _ zone: DNSZone) async -> Bool {
        guard let sets = try? await provider.recordSets(at: names, in: zone) else { return false }
        return changes.allSatisfy { $0.differences(from: sets).isEmpty }
    }

    private static func refusal(_ changed: UndoPlan.Changed) -> APIError {
        let names = changed.keys.map(\.description).joined(separator: ", ")
        return APIError(
            409, "dns_records_changed", "The zone does not hold what was written any more: \(names).")
    }
}

/// What was undone, record by record.
struct DNSUndoAnswer: Encodable, Sendable {
    let undoID: String
    let records: [DNSRecordChangeView]

    enum CodingKeys: String, CodingKey {
        case records
        case undoID = "undoId"
    }

    static let schema = Schema.record([
        "undo_id": .uuid, "records": .array(DNSRecordChangeView.schema),
    ]).named("DNSUndo")
}
