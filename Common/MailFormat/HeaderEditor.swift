/// Changes the header of a message and makes the new bytes; the body is copied as it is, in one go.
package struct HeaderEditor: Sendable {
    private let headers: MessageHeaders
    private var replacements: [Int: [UInt8]] = [:]
    private var prepended: [[UInt8]] = []
    private var appended: [[UInt8]] = []

    package init(_ headers: MessageHeaders) { self.headers = headers }

    /// Removes every field for which this is true.
    package mutating func remove(where isUnwanted: (HeaderField) -> Bool) {
        for (index, field) in headers.fields.enumerated() where isUnwanted(field) { replacements[index] = [] }
    }

    package mutating func remove(_ names: String...) {
        remove { field in names.contains { field.isNamed($0) } }
    }

    /// Puts the value in the place of the first field of this name and removes the others; appends when there
    /// is none.
    package mutating func replace(_ name: String, with value: String) throws(HeaderError) {
        let encoded = try HeaderField.encode(name: name, value: value)
        let place = headers.fields.firstIndex { $0.isNamed(name) }
        remove(name)
        if let place { replacements[place] = encoded } else { appended.append(encoded) }
    }

    /// Adds a field at the very top, above what was prepended before: as trace fields are (RFC 5321 §4.4).
    package mutating func prepend(_ name: String, _ value: String) throws(HeaderError) {
        prepended.append(try HeaderField.encode(name: name, value: value))
    }

    /// Adds finished bytes at the very top: one or more whole fields, CRLF at the end.
    package mutating func prepend(fields: [UInt8]) { prepended.append(fields) }

    /// Adds a field behind the last one.
    package mutating func append(_ name: String, _ value: String) throws(HeaderError) {
        appended.append(try HeaderField.encode(name: name, value: value))
    }

    /// The message with all the changes.
    package func message() -> [UInt8] {
        let original = headers.message
        var output: [UInt8] = []
        let added = prepended.reduce(0) { $0 + $1.count } + appended.reduce(0) { $0 + $1.count }
        output.reserveCapacity(original.count + added + replacements.values.reduce(4) { $0 + $1.count })
        for field in prepended.reversed() { output += field }
        for (index, field) in headers.fields.enumerated() {
            if let replacement = replacements[index] {
                output += replacement
            } else {
                output += original[field.range]
            }
        }
        // A message that ends inside its header: its last line may have no end.
        if let last = output.last, last != .lineFeed { output += [.carriageReturn, .lineFeed] }
        for field in appended { output += field }
        if headers.end == original.count { output += [.carriageReturn, .lineFeed] }
        output += original[headers.end...]
        return output
    }
}
