/// What the configuration file says, checked and with every default filled in.
///
/// The names of the keys are a contract: keys may be added, none renamed. Paths are absolute (a relative one is
/// relative to the file). Secrets are held so that printing or dumping a value does not show them.
public struct Configuration: Sendable, Equatable {
    /// `[bridge]`.
    public struct Bridge: Sendable, Equatable {
        /// Used in topics, logs and status; default: `remote.client_id`, with `-` for what a topic level cannot hold.
        public var name: String

        /// Takes the values as they are.
        public init(name: String) { self.name = name }
    }

    /// `[queue]`.
    public struct Queue: Sendable, Equatable {
        /// What happens to new messages when the queue is full.
        public enum Overflow: String, Sendable, Equatable, CaseIterable {
            /// The oldest message makes room.
            case dropOldest = "drop-oldest"
            /// The new message is refused.
            case dropNewest = "drop-newest"
            /// The local broker keeps the new message until there is room.
            case stopReading = "stop-reading"
        }

        /// The folder of all state that must survive a kill; default `/var/lib/cellbridge`.
        public var path: String
        /// 64 KiB ... 1 TiB; default 64 MiB.
        public var maxBytes: Int64
        /// Default `drop-oldest`.
        public var overflow: Overflow
        /// How long a message may wait in memory for its acknowledgement before it is written, 50 ms ... 10 s; default 1 s.
        public var commitInterval: Duration

        /// Takes the values as they are.
        public init(path: String, maxBytes: Int64, overflow: Overflow, commitInterval: Duration = .seconds(1)) {
            self.path = path
            self.maxBytes = maxBytes
            self.overflow = overflow
            self.commitInterval = commitInterval
        }
    }

    /// `[control]`.
    public struct Control: Sendable, Equatable {
        /// The unix socket, at most 107 bytes; nil for `socket = false`. Default `/run/cellbridge/control.sock`.
        public var socket: String?

        /// Takes the values as they are.
        public init(socket: String?) { self.socket = socket }
    }

    /// `[bridge]`.
    public var bridge: Bridge
    /// `[local]`: the broker on this host.
    public var local: Local
    /// `[module]`: the hardware.
    public var module: Module
    /// `[remote]`: the broker behind the module.
    public var remote: Remote
    /// `[[route]]`, in the order of the file: the first that matches wins. Never empty, at most 256.
    public var routes: [Route]
    /// `[queue]`.
    public var queue: Queue
    /// `[control]`.
    public var control: Control

    /// Takes the values as they are.
    public init(
        bridge: Bridge, local: Local, module: Module, remote: Remote, routes: [Route], queue: Queue, control: Control
    ) {
        self.bridge = bridge
        self.local = local
        self.module = module
        self.remote = remote
        self.routes = routes
        self.queue = queue
        self.control = control
    }
}
