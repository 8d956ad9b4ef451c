/// The configuration file of a rig, as lines that a test adds to.
public struct BridgeConfiguration: Sendable {
    /// Further lines of `[module]`.
    public var module: [String] = []
    /// Further lines of `[local]`.
    public var local: [String] = []
    /// Further lines of `[remote]`.
    public var remote: [String] = []
    /// Further lines of `[queue]`.
    public var queue: [String] = []
    /// `[remote] ack_timeout`.
    public var ackTimeout = "5 s"
    /// `[remote] heartbeat`.
    public var heartbeat = "false"
    /// `[remote] receive`; nil: the link's own.
    public var receive: String? = "direct"
    /// `[module] baud`.
    public var baud = 921_600
    /// `[module] port`; nil: that of the rig's simulator.
    public var port: String?
    /// `[queue] path`, relative to the rig's directory.
    public var state = "state"
    /// The routes, each with its own `[[route]]`.
    public var routes = [BridgeConfiguration.out, BridgeConfiguration.in]

    /// `plant/#` here is `site7/#` there.
    public static let out = """
        [[route]]
        direction = "out"
        topic = "#"
        local_prefix = "plant/"
        remote_prefix = "site7/"
        qos = 1
        """
    /// `cmd/#` there is `orders/#` here.
    public static let `in` = """
        [[route]]
        direction = "in"
        topic = "#"
        local_prefix = "orders/"
        remote_prefix = "cmd/"
        qos = 1
        """
    /// `both/#` here is `shared/#` there, both ways.
    public static let both = """
        [[route]]
        direction = "both"
        topic = "#"
        local_prefix = "both/"
        remote_prefix = "shared/"
        qos = 1
        """

    /// A bridge in both directions under different prefixes.
    public init() {}

    func text(port: String, localPort: Int, remotePort: Int) -> String {
        """
        [bridge]
        name = "rig"
        [local]
        host = "127.0.0.1"
        port = \(localPort)
        client_id = "cellbridge-rig"
        \(local.joined(separator: "\n"))
        [module]
        port = "\(self.port ?? port)"
        baud = \(baud)
        \(module.joined(separator: "\n"))
        [remote]
        host = "127.0.0.1"
        port = \(remotePort)
        client_id = "rig"
        \(receive.map { "receive = \"\($0)\"" } ?? "")
        ack_timeout = "\(ackTimeout)"
        heartbeat = \(heartbeat)
        \(remote.joined(separator: "\n"))
        \(routes.joined(separator: "\n"))
        [queue]
        path = "\(state)"
        \(queue.joined(separator: "\n"))
        [control]
        socket = "\(state)-control.sock"

        """
    }
}
