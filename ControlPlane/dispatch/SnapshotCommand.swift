/// `dispatch snapshot show`
enum SnapshotCommand {
    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        guard try arguments.word(1, "`show`", of: 2) == "show" else {
            throw UsageError("try `snapshot show`")
        }
        try arguments.allow()
        let answer = try await client.call("GET", "/api/v1/admin/snapshot")
        Command.show(answer, arguments) { snapshot in
            print("version    \(snapshot["version"].text)")
            print("cluster    \(snapshot["cluster_id"].text)")
            print("signed by  \(snapshot["key_id"].text)")
            print("issued at  \(snapshot["issued_at"].text)")
            print("expires at \(snapshot["expires_at"].text)")
            print("chunks     \(snapshot["chunks"].elements.count), \(snapshot["total_bytes"].text) bytes\n")
            Table.print(
                snapshot["nodes"].elements, [("NODE", "node"), ("NAME", "name"), ("HOLDS", "version")])
        }
    }
}
