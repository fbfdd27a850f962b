/// A statement whose values are bound, never spliced into its text.
///
/// It is written as a literal: `let find: SQL = "SELECT name FROM plans WHERE code = \(code)"` sends the text
/// `… WHERE code = $1` and the value beside it. A `String` does not convert into it, so text from outside
/// cannot become part of a statement. Statements nest: `"SELECT … WHERE \(filter) AND id = \(id)"`.
///
/// Text has no fixed type on the wire: the server infers it from where the parameter stands, so one `String`
/// serves text, enums, `inet` and `jsonb` columns. Where nothing tells it, write a cast: `\(name)::text`.
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    enum Piece: Sendable, Equatable {
        case text(String)
        case value(PostgresParameter)
    }

    private(set) var pieces: [Piece] = []

    package init(stringLiteral text: String) { pieces = [.text(text)] }

    package init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

    /// Takes text as it is. For text of the program itself, such as an embedded migration; never for anything
    /// that came from outside.
    package init(unsafe text: String) { pieces = [.text(text)] }

    /// The text with `$1`, `$2` … in place of the values.
    package var text: String {
        var position = 0
        var text = ""
        for piece in pieces {
            switch piece {
            case .text(let literal): text += literal
            case .value:
                position += 1
                text += "$\(position)"
            }
        }
        return text
    }

    var parameters: [PostgresParameter] {
        pieces.compactMap { piece in if case .value(let parameter) = piece { parameter } else { nil } }
    }

    package var isEmpty: Bool { pieces.allSatisfy { $0 == .text("") } }

    package static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.pieces += right.pieces
        return sum
    }

    package static func += (left: inout SQL, right: SQL) { left.pieces += right.pieces }

    package struct StringInterpolation: StringInterpolationProtocol, Sendable {
        fileprivate(set) var pieces: [Piece] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(interpolationCount * 2 + 1)
        }

        package mutating func appendLiteral(_ literal: String) { pieces.append(.text(literal)) }

        /// Binds `value` to the next parameter.
        package mutating func appendInterpolation(_ value: some PostgresEncodable) {
            pieces.append(.value(PostgresParameter(value)))
        }

        /// Binds `value`, with nil as NULL.
        package mutating func appendInterpolation<Bound: PostgresEncodable>(_ value: Bound?) {
            pieces.append(.value(PostgresParameter(value)))
        }

        /// Inserts another statement with its values.
        package mutating func appendInterpolation(_ fragment: SQL) { pieces += fragment.pieces }

        /// Writes the name of a table, column, role or channel in quotes. For names of the program itself.
        package mutating func appendInterpolation(identifier name: String) {
            pieces.append(.text(quoted(name)))
        }

        /// Doubled quotes cannot end the name, and a zero byte would end the statement: it is left out.
        private func quoted(_ name: String) -> String {
            var text = "\""
            for scalar in name.unicodeScalars where scalar != "\0" {
                if scalar == "\"" { text += "\"" }
                text.unicodeScalars.append(scalar)
            }
            return text + "\""
        }
    }
}

extension Sequence<SQL> {
    /// The statements one after the other with `separator` between them: filters with `AND`, rows with `,`.
    package func joined(separator: SQL) -> SQL {
        var sum: SQL = ""
        for (index, statement) in enumerated() {
            if index > 0 { sum += separator }
            sum += statement
        }
        return sum
    }
}
