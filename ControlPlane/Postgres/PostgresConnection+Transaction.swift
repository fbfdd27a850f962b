extension PostgresConnection {
    /// Runs `body` inside one transaction with the rights of `scope`, and stores its work when it returns.
    ///
    /// When `body` throws, everything is undone and its error is passed on. Throws `transactionAborted` when
    /// a statement failed and `body` returned all the same, `commitUnknown` when the session broke during
    /// COMMIT.
    @discardableResult
    package func transaction<Value>(
        as scope: TenantScope, mode: TransactionMode = .readCommitted,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await begin(scope, mode)
        let value: Value
        do {
            value = try await body(self)
        } catch {
            await rollback()
            throw error
        }
        try await commit()
        return value
    }

    /// Runs `body` so that its failure undoes its own statements alone and the transaction can go on.
    ///
    /// For one item of many that may be refused, as in a bulk request. Only inside `transaction`.
    @discardableResult
    package func savepoint<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value {
        _ = try await command("SAVEPOINT item")
        do {
            let value = try await body(self)
            _ = try await command("RELEASE SAVEPOINT item")
            return value
        } catch {
            if isUsable { _ = try await command("ROLLBACK TO SAVEPOINT item; RELEASE SAVEPOINT item") }
            throw error
        }
    }

    func begin(_ scope: TenantScope, _ mode: TransactionMode) async throws(PostgresError) {
        guard !isInTransaction else { throw .misuse("a transaction is open already") }
        do throws(PostgresError) {
            try await run(script: scope.opening(mode))
        } catch {
            // BEGIN itself may have succeeded before the role was refused.
            await rollback()
            throw error
        }
        self.scope = scope
    }

    func commit() async throws(PostgresError) {
        scope = .login
        do throws(PostgresError) {
            guard try await command("COMMIT") == "COMMIT" else { throw .transactionAborted }
        } catch .connectionLost(let reason) {
            throw .commitUnknown(reason)
        } catch .timedOut {
            close()
            throw .commitUnknown("no answer in time")
        }
    }

    /// A session that cannot be brought back to rest is closed.
    func rollback() async {
        scope = .login
        guard isInTransaction else { return }
        do throws(PostgresError) {
            _ = try await command("ROLLBACK")
        } catch {
            close()
        }
    }
}
