/// One bound value in the form in which it goes to the server.
package struct PostgresParameter: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case null
        case bytes([UInt8])
        /// Cannot be sent; the statement fails with this reason before anything leaves.
        case invalid(String)
    }

    let type: PostgresType
    let value: Value
}

/// A type of PostgreSQL by its object id, which is fixed for the built-in types (`pg_type.dat`).
package struct PostgresType: Sendable, Hashable {
    /// 0 lets the server infer the type from where the parameter stands.
    let oid: UInt32
    let arrayOID: UInt32
    let isBinary: Bool

    static let bool = PostgresType(oid: 16, arrayOID: 1000, isBinary: true)
    static let bytea = PostgresType(oid: 17, arrayOID: 1001, isBinary: true)
    static let bigint = PostgresType(oid: 20, arrayOID: 1016, isBinary: true)
    static let smallint = PostgresType(oid: 21, arrayOID: 1005, isBinary: true)
    static let integer = PostgresType(oid: 23, arrayOID: 1007, isBinary: true)
    static let text = PostgresType(oid: 25, arrayOID: 1009, isBinary: true)
    static let double = PostgresType(oid: 701, arrayOID: 1022, isBinary: true)
    static let timestamptz = PostgresType(oid: 1184, arrayOID: 1185, isBinary: true)
    static let uuid = PostgresType(oid: 2950, arrayOID: 2951, isBinary: true)
    static let jsonb = PostgresType(oid: 3802, arrayOID: 3807, isBinary: true)
    /// Text whose type the server infers, so that one String serves text, enums, inet and jsonb alike.
    static let inferred = PostgresType(oid: 0, arrayOID: 1009, isBinary: false)
}

/// A Swift value that can be bound to a parameter of a statement.
package protocol PostgresEncodable: Sendable {
    static var postgresType: PostgresType { get }
    var postgresValue: PostgresParameter.Value { get }
}

extension PostgresParameter {
    package init<Bound: PostgresEncodable>(_ value: Bound) {
        type = Bound.postgresType
        self.value = value.postgresValue
    }

}
