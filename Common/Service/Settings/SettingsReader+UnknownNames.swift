extension SettingsReader {
    /// The variables with our prefix that nobody declared, each with the known name that is most like it.
    func unknownNames() -> [SettingsError.Problem] {
        var known = alsoKnown
        for declaration in declarations {
            known.insert(declaration.name)
            if declaration.isSecret { known.insert(Self.fileVariable(of: declaration.name)) }
        }
        let unknown = environment.keys.filter { $0.hasPrefix(Self.namePrefix) && !known.contains($0) }
        return unknown.sorted().map { name in
            let nearest = Self.nearest(to: name, among: known)
            let hint = nearest.map { "; did you mean \($0)?" } ?? "; --help lists the settings"
            return SettingsError.Problem(
                name: name, value: nil, expected: "is not a setting of \(program)\(hint)")
        }
    }

    /// The name with the fewest edits, when that is few enough to be a slip of the hand.
    private static func nearest(to name: String, among known: Set<String>) -> String? {
        let wanted = Array(name.utf8.prefix(200))
        let ranked = known.sorted().map { (name: $0, distance: editDistance(wanted, Array($0.utf8))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, (wanted.count - namePrefix.utf8.count) / 3) ? best.name : nil
    }

    /// The number of insertions, deletions and substitutions between two texts (Levenshtein).
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, leftByte) in left.enumerated() {
            var current = [row + 1]
            for (column, rightByte) in right.enumerated() {
                let substituted = previous[column] + (leftByte == rightByte ? 0 : 1)
                current.append(min(substituted, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
