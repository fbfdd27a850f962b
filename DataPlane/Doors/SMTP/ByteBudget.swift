/// What the messages that are being received on one loop may hold in memory together. Loop bound.
final class ByteBudget {
    let maxBytes: Int
    private(set) var takenBytes = 0

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    /// False when it does not fit, and then nothing was taken.
    func take(_ bytes: Int) -> Bool {
        guard bytes <= maxBytes - takenBytes else { return false }
        takenBytes += bytes
        return true
    }

    func giveBack(_ bytes: Int) { takenBytes = max(0, takenBytes - bytes) }
}
