import Crypto
import EventLoop
import Postgres

/// Makes an operator in the database itself: for the first one, and for whoever locked himself out.
package enum OperatorBootstrap {
    /// Why there is no operator now; for the person at the command line.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// A password that nobody guesses.
    package static func generatedPassword() -> String { SecureRandom.token(prefix: "", bytes: 18) }

    /// - Parameter databaseURL: of a login that may act for the service, as the control plane's own.
    /// - Throws: `Failure`, or an `APIError` for an address or a password that will not do.
    package static func create(
        email: String, password: String, databaseURL: String, on loop: EventLoop
    ) async throws -> Account {
        let pool = PostgresPool(
            PostgresConfiguration(url: databaseURL, applicationName: "dispatch"),
            limits: PostgresPool.Limits(maxConnections: 1), on: loop)
        let blocking = BlockingPool(threads: 1, name: "scrypt")
        defer { blocking.stop() }
        do {
            let account = try await Accounts(pool: pool, blocking: blocking)
                .bootstrapOperator(email: email, password: password)
            await pool.close()
            return account
        } catch let error as PostgresError {
            await pool.close()
            let hint = error.sqlState == .undefinedTable ? "; run `control-plane migrate` first" : ""
            throw Failure(description: "\(error)\(hint)")
        }
    }
}
