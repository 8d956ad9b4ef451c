public import ATProtocol

/// What is known of one module's sockets, as data.
public struct SocketProfile: Sendable, Equatable {
    /// Its commands and frames.
    public var dialect: SocketDialect
    /// Most bytes of one send.
    public var sendLimit: Int
    /// Most bytes of one read on request; of what is pushed, the longest piece.
    public var readLimit: Int
    /// Most bytes that the far side may owe an acknowledgement for before sending waits; `nil`: the module names
    /// none, and 14,600 are used (`SendWindow.defaultLimit`).
    public var unacknowledgedLimit: Int?

    /// Whether the module prints what comes in by itself; else it is read on request. `cached`: `[remote] receive = "cached"`.
    /// Only the cip modules can do both: the GSM modules are always read (Quectel GSM TCP/IP guide 5.2), and the
    /// BC260Y-CN always prints (BC260Y-CN TCP/IP guide 2.3.2, access mode 0).
    public func pushes(cached: Bool) -> Bool {
        switch dialect {
        case .cip: !cached
        case .qi: false
        case .bc260y: true
        }
    }

    /// A profile from its parts.
    public init(dialect: SocketDialect, sendLimit: Int, readLimit: Int, unacknowledgedLimit: Int? = nil) {
        self.dialect = dialect
        self.sendLimit = sendLimit
        self.readLimit = readLimit
        self.unacknowledgedLimit = unacknowledgedLimit
    }
}

extension SocketProfile {
    /// `AT+CIPSEND` takes 1460 bytes (YM310 AT manual 9.14); a read gives as many (9.27).
    public static let cip = SocketProfile(dialect: .cip, sendLimit: 1460, readLimit: 1460)
    /// 1460 bytes a send, and the advice to keep 3000 unacknowledged at most (Quectel GSM TCP/IP guide).
    public static let qi = SocketProfile(dialect: .qi, sendLimit: 1460, readLimit: 1460, unacknowledgedLimit: 3000)
    /// 512 bytes a send in hexadecimal (BC260Y-CN TCP/IP guide).
    public static let bc260y = SocketProfile(dialect: .bc260y, sendLimit: 512, readLimit: 1024)
}
