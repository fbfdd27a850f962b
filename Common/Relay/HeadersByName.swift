extension [String: String] {
    /// As headers of a message, in the order of their names, so that it is the same whenever it is made.
    package var headersByName: [(name: String, value: String)] {
        sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }
}
