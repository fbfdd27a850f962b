import Crypto
import EventLoop
import FoundationEssentials
import TestSupport

/// A whole service: a PostgreSQL database, a control plane, nodes that joined it with their one-time tokens,
/// a mail sink and a webhook sink. All of them real processes and sockets, set up by the commands that an
/// operator uses.
final class Cluster: Sendable {
    /// The name that customers know the service by.
    static let serviceHost = "dispatch.test"

    let sink: MailSink
    let webhooks: WebhookSink
    let folder: TemporaryDirectory
    /// The control plane's API, as an operator.
    let api: APICaller
    let nodes: [ClusterNode]
    /// Where a second control plane will listen, when the nodes know of one.
    private let spareAddress: String?
    private let controlSettings: [String: String]
    private let controlPlane: Locked<ControlPlaneProcess>

    /// - Parameters:
    ///   - databaseURL: of a superuser; a fresh database of the shared server when nil.
    ///   - hasSpare: whether the nodes know a second control plane, first in their list, which does not run.
    ///   - settings: of the control plane, over those that every cluster has.
    init(
        nodes count: Int = 1, databaseURL: String? = nil, hasSpare: Bool = false,
        settings: [String: String] = [:]
    ) async throws {
        sink = try MailSink()
        webhooks = try WebhookSink()
        folder = try TemporaryDirectory(prefix: "dispatch-cluster")
        let owner: String
        if let databaseURL { owner = databaseURL } else { owner = try await TestPostgres.createDatabase() }
        let role = "service_\(Hex.encode(SecureRandom.bytes(6)))"
        try await ChildProcess.run([
            "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", "CREATE ROLE \(role) LOGIN", owner,
        ])
        let address = "127.0.0.1:\(try StablePort.tcp())"
        controlSettings = [
            "DISPATCH_DATABASE_URL": "\(owner) user=\(role)", "DISPATCH_DATABASE_OWNER_URL": owner,
            "DISPATCH_MASTER_KEY": Base64.encode(SecureRandom.bytes(32)), "DISPATCH_LISTEN": address,
            "DISPATCH_METRICS": "127.0.0.1:0", "DISPATCH_ALLOW_DOMAIN_OVERRIDE": "true",
            "DISPATCH_LOOPS": "2", "DISPATCH_SERVICE_HOST": Self.serviceHost,
            "DISPATCH_EGRESS_ALLOWED": "127.0.0.0/8", "DISPATCH_NAME_SERVERS": "127.0.0.1:9",
            "DISPATCH_USAGE_INTERVAL": "1s", "DISPATCH_DNS_CLOUDFLARE_URL": "http://127.0.0.1:9",
        ].merging(settings) { $1 }
        let process = try await ControlPlaneProcess(settings: controlSettings)
        controlPlane = Locked(process)
        spareAddress = hasSpare ? "127.0.0.1:\(try StablePort.tcp())" : nil
        let url = "http://\(address)"
        let nodesURL = spareAddress.map { "http://\($0),\(url)" } ?? url
        let command = OperatorCommand(
            url: url, databaseURL: "\(owner) user=\(role)",
            passwordFile: try folder.write("correct horse battery\n", to: "password"))
        try await command.run(
            "operator", "create", "operator@example.com", "--password-file", command.passwordFile)
        let login = try await command.run(
            "login", "operator@example.com", "--password-file", command.passwordFile)
        let token = try Self.text(
            login["access_token"].text ?? login["data"]["access_token"].text, "access_token")
        api = try await APICaller(url, token: token)
        var nodes: [ClusterNode] = []
        for number in 0..<count {
            nodes.append(
                try await Self.join("node-\(number)", command.with(token: token), nodesURL, route: sink.route)
            )
        }
        self.nodes = nodes
        for node in nodes { try await node.start() }
    }

    private static func join(
        _ name: String, _ command: OperatorCommand, _ url: String, route: String
    ) async throws -> ClusterNode {
        let made = try await command.run("node", "create", name)
        let token = try text(made["data"]["join_token"].text, "join_token")
        let directory = try TemporaryDirectory(prefix: "dispatch-node")
        let settings = [
            "DISPATCH_NODE_DIR": directory.file("node"), "DISPATCH_CONTROL_URL": url,
            "DISPATCH_HTTP": "127.0.0.1:\(try StablePort.tcp())",
            "DISPATCH_CONTROL": "127.0.0.1:\(try StablePort.tcp())",
            "DISPATCH_ROUTES": route,
        ].merging(try TestCertificate(in: directory).settings) { $1 }
        try await ChildProcess.run(
            [try Products.path("mta-node"), "join", "--token", token], environment: settings)
        return ClusterNode(name, directory, settings)
    }

    static func text(_ text: String?, _ name: String) throws -> String {
        guard let text else { throw TestSupportError("there is no \(name)") }
        return text
    }

    /// The only node, or the first.
    var node: ClusterNode { nodes[0] }

    /// Changes the database past the API, as its owner.
    func sql(_ statement: String) async throws {
        try await ChildProcess.run([
            "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement,
            try Self.text(controlSettings["DISPATCH_DATABASE_OWNER_URL"], "database"),
        ])
    }

    // MARK: The control plane's process

    var controlPlaneProcess: ControlPlaneProcess { controlPlane.withLock { $0 } }

    /// Starts the control plane again after it was killed.
    func startControlPlane() async throws {
        let process = try await ControlPlaneProcess(settings: controlSettings)
        controlPlane.withLock { $0 = process }
    }

    /// Starts the second control plane on the same database, and gives its API as an operator.
    func addControlPlane() async throws -> (process: ControlPlaneProcess, api: APICaller) {
        let address = try Self.text(spareAddress, "address of a second control plane")
        let process = try await ControlPlaneProcess(
            settings: controlSettings.merging(["DISPATCH_LISTEN": address]) { $1 })
        var other = try await APICaller("http://\(address)")
        other.headers = api.headers
        return (process, other)
    }
}
