/// From the tree of the document to the typed value: one function per table. Problems go to the diagnostics, the
/// value is only meaningful when there are no errors.
struct ConfigurationDecoder {
    let root: TOMLNode
    let context: TableReader.Context

    private var top: TableReader { TableReader(root, path: "", table: "", context: context) }

    func decode(hostName: String) -> Configuration {
        let top = top
        let remote = section("remote", of: top)
        let clientID =
            remote.string("client_id", Rules.credentialComplaint)
            ?? String(decoding: ("cellbridge-" + hostName).utf8.prefix(Rules.moduleLimit), as: UTF8.self)
        let name =
            section("bridge", of: top).string("name", Rules.nameComplaint) ?? Rules.name(from: clientID)
        let routes = routes(top)
        let module = module(section("module", of: top))
        return Configuration(
            bridge: Configuration.Bridge(name: name),
            local: local(section("local", of: top), name: name),
            module: module,
            remote: self.remote(remote, module, clientID: clientID, name: name, routes: routes),
            routes: routes,
            queue: queue(section("queue", of: top)),
            control: control(section("control", of: top)))
    }

    private func section(_ key: String, of top: TableReader) -> TableReader {
        top.table(key, expected: "a table: [\(key)]") ?? top.inside(nil, key)
    }

    // MARK: Queue and control

    private func queue(_ table: TableReader) -> Configuration.Queue {
        let bytes: Int64? = table.value("max_bytes", expected: Quantities.sizeExpectation) { value in
            switch value {
            case .integer(let bytes): bytes
            case .string(let text): Quantities.size(text) ?? -1
            case .table, .array, .float, .boolean, .date: nil
            }
        }
        if let bytes, !(1 << 16...1 << 40).contains(bytes) {
            table.error(
                "max_bytes",
                bytes < 0
                    ? "is not a size; expected \(Quantities.sizeExpectation)"
                    : "is out of range; expected 64 KiB to 1 TiB")
        }
        return Configuration.Queue(
            path: table.path("path") ?? table.absolute("/var/lib/cellbridge"), maxBytes: bytes ?? 64 << 20,
            overflow: table.choice("overflow") ?? .dropOldest,
            commitInterval: table.duration("commit_interval", in: .milliseconds(50)...(.seconds(10))) ?? .seconds(1))
    }

    private func control(_ table: TableReader) -> Configuration.Control {
        let standard = "/run/cellbridge/control.sock"
        if table.has("socket"), !context.support.contains(.controlSocket) {
            table.warning("socket", Self.notActedOn)
        }
        if case .boolean(false)? = table.node?["socket"]?.value { return Configuration.Control(socket: nil) }
        guard let text = table.string("socket", expected: "a path in quotation marks, or false", Rules.pathComplaint)
        else { return Configuration.Control(socket: standard) }
        let path = table.absolute(text)
        if path.utf8.count > 107 {
            table.error("socket", "is \(path.utf8.count) bytes long; expected at most 107, the limit of unix sockets")
        }
        return Configuration.Control(socket: path)
    }

    static let notActedOn = "is accepted, but this release does not act on it yet"
}
