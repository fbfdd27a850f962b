import Admission
import HTTP

/// The fields of a form by what they should be, with refusals that name them.
struct FormFields {
    let form: FormData

    /// - Parameter isKnown: whether the dialect has a field of this name.
    /// - Throws: 400 `unknown_field` with every name that it has not.
    func refuseUnknown(_ isKnown: (String) -> Bool) throws(APIError) {
        var names: [String] = []
        for field in form.fields where !isKnown(field.name) && !names.contains(field.name) {
            names.append(field.name)
        }
        guard let first = names.first else { return }
        let shown = names.prefix(10).map { "`\($0)`" }.joined(separator: ", ")
        throw APIError(
            400, "unknown_field",
            names.count == 1 ? "There is no field \(shown)." : "There are no fields \(shown).", field: first,
            details: names.prefix(10).map {
                APIError.Detail(path: $0, message: "This field is not known.")
            })
    }

    /// The value of a field that may be given once.
    func only(_ name: String) throws(APIError) -> String? {
        let texts = try texts(name)
        guard texts.count <= 1 else { throw Self.invalid(name, "is given more than once") }
        return texts.first
    }

    /// The value of every field of that name.
    func texts(_ name: String) throws(APIError) -> [String] {
        var texts: [String] = []
        for field in form.all(name) { texts.append(try Self.text(of: field)) }
        return texts
    }

    /// `yes` or `true`, `no` or `false`; nil when it is not given.
    ///
    /// - Parameter alsoYes: another word for yes.
    func flag(_ name: String, alsoYes: String? = nil) throws(APIError) -> Bool? {
        guard let text = try only(name)?.lowercased() else { return nil }
        switch text {
        case "yes", "true": return true
        case "no", "false": return false
        case _ where text == alsoYes: return true
        default:
            throw Self.invalid(
                name, "must be yes, no, true\(alsoYes.map { ", false or \($0)" } ?? " or false")")
        }
    }

    /// Fields with this beginning: the rest of their names, and their values.
    func all(beginningWith prefix: String) throws(APIError) -> [(name: String, value: String)] {
        var found: [(name: String, value: String)] = []
        for field in form.fields where field.name.hasPrefix(prefix) {
            found.append((String(field.name.dropFirst(prefix.count)), try Self.text(of: field)))
        }
        return found
    }

    static func text(of field: FormData.Field) throws(APIError) -> String {
        guard let text = field.text else { throw invalid(field.name, "must be UTF-8") }
        return text
    }

    static func invalid(_ name: String, _ what: String) -> APIError {
        APIError(400, Refusal.Code.invalid.rawValue, "`\(name)` \(what).", field: name)
    }
}
