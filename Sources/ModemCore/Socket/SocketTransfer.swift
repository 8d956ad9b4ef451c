public import ATProtocol

/// The bytes of one TCP connection in and out of the module: one command at a time.
public struct SocketTransfer: ~Copyable {
    /// What to do with an idle line.
    public enum Turn: Equatable {
        /// Nothing.
        case nothing
        /// Send so many of the bytes that wait: `send`.
        case send(Int)
        /// Run this command: a read, or a query of what the far side has.
        case run(ATCommand)
    }

    /// What the driver has to know.
    public enum Action: Equatable {
        /// The module has taken so many more bytes.
        case accepted(Int)
        /// The connection must end: it is not known what was sent or received.
        case failed(String)
    }

    /// A transfer without a connection. `pushes`: the module prints what comes in; else it is read on request.
    public init(profile: SocketProfile, pushes: Bool) {}

    /// A new connection: nothing is known of it.
    public mutating func opened() {}
    /// The connection is gone.
    public mutating func closed() {}
    /// What to do while the line is idle and nobody else wants it. `waiting`: bytes to send; `mayReceive`: whether bytes
    /// can be taken.
    public mutating func turn(waiting: Int, mayReceive: Bool, now: Duration) -> Turn { .nothing }
    /// The command that sends these bytes, as many as `turn` said.
    public mutating func send(_ bytes: [UInt8], now: Duration) -> ATCommand { .at }
    /// The command of the last turn ended.
    public mutating func commandCompleted(_ result: CommandResult, now: Duration) -> [Action] { [] }
    /// A line about the connection.
    public mutating func received(_ event: SocketEvent, now: Duration) -> [Action] { [] }
    /// So many bytes of the connection came.
    public mutating func received(bytes: Int, now: Duration) {}
    /// When `deadlineReached` is due.
    public var deadline: Duration? { nil }
    /// Time has passed.
    public mutating func deadlineReached(now: Duration) -> [Action] { [] }
}
