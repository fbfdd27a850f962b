/// How the catcher treats a recipient or a webhook: chosen by the name alone, so that whoever sends decides
/// what happens to it.
struct Manners: Sendable {
    /// What happens to one name.
    enum Answer: Sendable, Equatable {
        case accept
        case acceptLate(Duration)
        case refuseForGood
        case refuseForNow
    }

    let rejectPrefix: String
    let deferPrefix: String
    let slowPrefix: String
    let slowDelay: Duration

    /// - Parameter name: the local part of an address, or the last segment of a webhook's path; case does not
    /// count.
    func answer(to name: String) -> Answer {
        let name = name.lowercased()
        if name.hasPrefix(rejectPrefix.lowercased()) { return .refuseForGood }
        if name.hasPrefix(deferPrefix.lowercased()) { return .refuseForNow }
        if name.hasPrefix(slowPrefix.lowercased()) { return .acceptLate(slowDelay) }
        return .accept
    }
}
