/// Which statements are prepared on one connection, by their text.
///
/// A statement is prepared when it is seen for the second time, so that one built for a single use costs no
/// extra round trip. Limits: 256 prepared statements, 1,024 texts remembered; past these the counting starts
/// anew.
struct StatementCache {
    static let maxPrepared = 256
    static let maxRemembered = 1024

    private var uses: [String: Int] = [:]
    private var names: [String: String] = [:]
    private var lastNumber = 0

    enum Choice: Equatable {
        case direct
        case prepare(name: String)
        case execute(name: String)
    }

    /// What to do with the statement of this key (its role and text).
    mutating func choose(_ key: String) -> Choice {
        if let name = names[key] { return .execute(name: name) }
        guard names.count < Self.maxPrepared else { return .direct }
        if uses.count >= Self.maxRemembered { uses = [:] }
        let seen = uses[key, default: 0]
        uses[key] = seen + 1
        guard seen > 0 else { return .direct }
        lastNumber += 1
        return .prepare(name: "d\(lastNumber)")
    }

    mutating func prepared(_ key: String, name: String) {
        names[key] = name
        uses[key] = nil
    }

    /// Drops a statement that the server no longer accepts. Its name is never used again.
    mutating func forget(_ key: String) { names[key] = nil }
}
