import EventLoop

/// How to reach a database and how long to wait for it.
package struct PostgresConfiguration: Sendable, CustomStringConvertible {
    /// A libpq connection URI or keyword string:
    /// `postgresql://user:password@host:5432/name?sslmode=verify-full`. Several hosts, TLS and unix sockets
    /// are written as libpq has them. It may hold a password: never log it.
    package let url: String
    /// Shown in `pg_stat_activity`.
    package let applicationName: String
    /// From the first packet to a session that is ready.
    package let connectTimeout: Duration
    /// The server stops a statement after this; the connection is given up five seconds later when it does
    /// not.
    package let statementTimeout: Duration
    /// The server stops a statement that waits this long for a lock, so that one stuck transaction does not
    /// hold every connection. Zero waits as long as the statement may take.
    package let lockTimeout: Duration
    /// The server ends a session that sits idle inside a transaction.
    package let idleInTransactionTimeout: Duration
    /// Statements used twice on a connection are prepared there. Off for poolers that cannot carry them.
    package let preparesStatements: Bool

    package init(
        url: String,
        applicationName: String = "dispatch",
        connectTimeout: Duration = .seconds(5),
        statementTimeout: Duration = .seconds(30),
        lockTimeout: Duration = .seconds(10),
        idleInTransactionTimeout: Duration = .seconds(60),
        preparesStatements: Bool = true
    ) {
        self.url = url
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
        self.preparesStatements = preparesStatements
    }

    /// The same place with other limits, for work that takes long: migrations, partition upkeep.
    package func unhurried(statementTimeout: Duration) -> PostgresConfiguration {
        PostgresConfiguration(
            url: url, applicationName: applicationName, connectTimeout: connectTimeout,
            statementTimeout: statementTimeout, lockTimeout: .zero,
            idleInTransactionTimeout: idleInTransactionTimeout, preparesStatements: preparesStatements)
    }

    /// Without the URL, which may hold a password.
    package var description: String { "PostgresConfiguration(\(applicationName))" }

    /// What every session is told once. UTC makes a day the same day everywhere, partitions included.
    var sessionSettings: SQL {
        SQL(
            unsafe: """
                SET TimeZone = 'UTC';
                SET client_min_messages = warning;
                SET statement_timeout = \(statementTimeout.settingMilliseconds);
                SET lock_timeout = \(lockTimeout.settingMilliseconds);
                SET idle_in_transaction_session_timeout = \(idleInTransactionTimeout.settingMilliseconds);
                """)
    }
}

extension Duration {
    /// As PostgreSQL's settings count it: from zero to what they can hold.
    fileprivate var settingMilliseconds: Int64 { min(wholeMilliseconds, Int64(Int32.max)) }
}
