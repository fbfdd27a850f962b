import HTTP

/// `{"data":[…],"meta":…}`: the lists of the Messages API.
struct ResourceList<Element: Encodable & Sendable>: Encodable, Sendable {
    struct Meta: Encodable, Sendable {
        /// In this answer.
        let count: Int
        let total: Int
        let limit: Int
        let offset: Int
        let hasMore: Bool
    }

    let data: [Element]
    let meta: Meta

    init(_ data: [Element], _ page: PageRequest, total: Int) {
        self.data = data
        meta = Meta(
            count: data.count, total: total, limit: page.limit, offset: page.offset,
            hasMore: page.offset + data.count < total)
    }
}

extension PageRequest {
    /// The part of a list that is held as a whole.
    func part<Element>(of whole: [Element]) -> [Element] { Array(whole.dropFirst(offset).prefix(limit)) }
}

/// What remains of a record that was deleted.
struct DeletedResource: Encodable, Sendable {
    var id: String?
    var email: String?
    let deleted = true

    enum CodingKeys: CodingKey { case id, email, deleted }

    static let schema = Schema.record(["id": .uuid, "deleted": .boolean.example(true)])
        .named("DeletedResource")
}

extension Schema {
    /// `{"data":[…],"meta":…}`
    static func resources(_ element: Schema) -> Schema {
        .record([
            "data": .array(element),
            "meta": .record([
                "count": .integer.example(1).described("In this answer."), "total": .integer.example(1),
                "limit": .integer.example(50), "offset": .integer.example(0), "has_more": .boolean,
            ]).named("ResourceListMeta"),
        ])
    }
}

extension APIError {
    /// The error with the names that a dialect has for the fields.
    ///
    /// - Parameter names: those of the dialect, by those of the subject; longer paths begin with them.
    func naming(_ names: KeyValuePairs<String, String>) -> APIError {
        var error = self
        for (name, own) in names {
            error.message = error.message.replacing("`\(name)", with: "`\(own)")
            guard let field = error.field, field == name || field.hasPrefix("\(name).") else { continue }
            error.field = own + field.dropFirst(name.count)
        }
        return error
    }
}
