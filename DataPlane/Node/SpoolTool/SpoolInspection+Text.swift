extension SpoolInspection {
    /// For people.
    func text() -> String {
        var lines = [spool]
        if let open_in_process {
            lines.append("  open in process \(open_in_process): what follows is of about this moment")
        }
        if let adopted_by { lines.append("  adopted by \(adopted_by)") }
        lines.append("  open entries   \(entries), of them \(webhooks) webhooks; \(recipients) recipients")
        lines.append("  messages       \(SpoolTime.size(message_bytes))")
        if let oldest_accepted_at, let oldest_seconds {
            let age = SpoolTime.age(seconds: oldest_seconds)
            lines.append("  oldest         \(oldest_accepted_at), \(age) ago")
        }
        lines.append(
            "  segments       \(segments) of \(SpoolTime.size(disk_bytes)), "
                + "\(SpoolTime.size(live_bytes)) still needed")
        if let unreported_events { lines.append("  not reported   \(unreported_events) events") }
        if unreadable_entries > 0 { lines.append("  unreadable     \(unreadable_entries) entries") }
        if unfinished_bytes > 0 {
            lines.append("  unfinished     \(unfinished_bytes) bytes behind the last whole group")
        }
        lines += table("State", by_state) + table("Tenant", by_tenant)
        lines += table("Destination", by_destination) + list() + troubles()
        return lines.joined(separator: "\n") + "\n"
    }

    private func table(_ title: String, _ groups: [Group]) -> [String] {
        guard !groups.isEmpty else { return [] }
        let width = max(title.count, groups.map(\.name.count).max() ?? 0)
        let head = title.padded(to: width) + "    entries recipients      bytes"
        return ["", head]
            + groups.map { group in
                group.name.padded(to: width) + String(group.entries).aligned(to: 11)
                    + String(group.recipients).aligned(to: 11)
                    + SpoolTime.size(group.bytes).aligned(to: 11)
            }
    }

    private func list() -> [String] {
        guard !oldest.isEmpty else { return [] }
        return ["", "Oldest"]
            + oldest.map { row in
                let states = row.recipients.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
                let next = row.next_attempt_at.map { ", next \($0)" } ?? ""
                return "\(row.id)  \(row.accepted_at)  \(SpoolTool.printable(row.from))  "
                    + "\(states.joined(separator: ", "))\(next)"
            }
    }

    private func troubles() -> [String] {
        var lines: [String] = []
        for item in damage {
            lines.append(
                "damaged: segment \(item.segment), offset \(item.offset), \(item.bytes) bytes: \(item.reason)"
            )
        }
        for number in unreadable_segments { lines.append("damaged: segment \(number), no readable header") }
        for name in quarantine where !name.hasSuffix(".txt") { lines.append("quarantine: \(name)") }
        return lines.isEmpty ? [] : [""] + lines
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }

    fileprivate func aligned(to width: Int) -> String {
        String(repeating: " ", count: max(1, width - count)) + self
    }
}
