import FoundationEssentials
import HTTP
import Times

/// Where a list stands in the whole.
package struct Pagination: Encodable, Sendable, Equatable {
    package let total: Int
    /// From 1.
    package let page: Int
    package let limit: Int
    package let totalPages: Int
    /// `true` where counting stopped: there are more than `total`.
    package let totalIsMinimum: Bool?

    package init(total: Int, page: Int, limit: Int, isMinimum: Bool = false) {
        self.total = total
        totalIsMinimum = isMinimum ? true : nil
        self.page = page
        self.limit = limit
        totalPages = limit > 0 ? (total + limit - 1) / limit : 0
    }
}

/// Which part of a list the caller asks for: `limit` with `offset`, or with `page`.
package struct PageRequest: Sendable, Equatable {
    package static let maxLimit = 100
    /// What lies behind it is reached by filters: counting off rows costs the database their number.
    package static let maxOffset = 1_000_000

    package let limit: Int
    package let offset: Int

    package var page: Int { offset / limit + 1 }

    package func pagination(total: Int, isMinimum: Bool = false) -> Pagination {
        Pagination(total: total, page: page, limit: limit, isMinimum: isMinimum)
    }

    /// Reads `limit` (1 to 100, else 50), and `offset` or `page`.
    ///
    /// - Parameter limitName: what a dialect calls `limit`.
    /// - Throws: 400 with the name of the item.
    package init(
        _ query: QueryItems, defaultLimit: Int = 50, limitName: String = "limit"
    ) throws(APIError) {
        limit = try query.integer(limitName, default: defaultLimit, in: 1...Self.maxLimit)
        if query["page"] != nil {
            let page = try query.integer("page", default: 1, in: 1...Self.maxOffset / limit)
            offset = (page - 1) * limit
        } else {
            offset = try query.integer("offset", default: 0, in: 0...Self.maxOffset)
        }
    }

    package static let parameters: [RouteInfo.Parameter] = [
        .query("limit", .integer.described("1 to 100, else 50.")),
        .query("offset", .integer.described("How many to leave out.")),
        .query("page", .integer.described("From 1, in place of `offset`.")),
    ]
}

/// A value that is printed as `null` when there is none, in place of being left out.
@propertyWrapper
package struct OrNull<Value: Encodable & Sendable>: Encodable, Sendable {
    package var wrappedValue: Value?

    package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}

/// The shapes of the answers below, for the document.
extension Schema {
    /// `{"data":…}`, with `message` when there is one.
    package static func data(_ schema: Schema, message: String? = nil) -> Schema {
        guard let message else { return .record(["data": schema]) }
        return .record(["data": schema, "message": .string.example(.string(message))])
    }

    /// `{"data":[…],"pagination":…}`
    package static func page(of element: Schema) -> Schema {
        .record([
            "data": .array(element),
            "pagination": .record([
                "total": .integer.example(150), "page": .integer.example(1), "limit": .integer.example(50),
                "total_pages": .integer.example(3),
                "total_is_minimum": .boolean.optional.described(
                    "`true` where counting stopped: there are more than `total`."),
            ]).named("Pagination"),
        ])
    }

    /// `{"message":…}`
    package static func message(_ text: String) -> Schema {
        .record(["message": .string.example(.string(text))])
    }

    /// The body of every error of the customers' and the operators' API.
    package static let error = Schema.record([
        "error": .record([
            "code": .string, "message": .string,
            "field": .string.optional.described("The path of the field at fault."),
            "details": .array(.record(["path": .string, "message": .string])).optional,
            "request_id": .string,
        ])
    ]).named("Error")
}

extension HTTPResponse {
    /// `{"data":…,"message":…,"pagination":…}` with the names of fields in snake_case.
    package static func data(
        _ value: some Encodable, message: String? = nil, pagination: Pagination? = nil,
        status: HTTPStatus = 200
    ) throws -> HTTPResponse {
        try .snakeCase(Envelope(data: value, message: message, pagination: pagination), status: status)
    }

    /// A value as JSON with the names of fields in snake_case and times as RFC 3339.
    package static func snakeCase(_ value: some Encodable, status: HTTPStatus = 200) throws -> HTTPResponse {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        encoder.dateEncodingStrategy = .wholeSeconds
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return .bytes([UInt8](try encoder.encode(value)), contentType: "application/json", status: status)
    }

    /// `{"message":…}`, for what leaves nothing to show.
    package static func message(_ text: String, status: HTTPStatus = 200) throws -> HTTPResponse {
        try .json(["message": text], status: status)
    }
}

private struct Envelope<Value: Encodable>: Encodable {
    let data: Value
    let message: String?
    let pagination: Pagination?
}
