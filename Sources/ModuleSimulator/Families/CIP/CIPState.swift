/// What the socket commands of the Luat family remember (YM310 AT manual chapter 9); all of it is in RAM.
struct CIPState: Equatable {
    /// CIPQSEND: 0 and 1 answer when the module has the data, 2 when the far side has them.
    var sendMode = 0
    /// CIPSPRT: 1 prompt and result, 0 no prompt, 2 neither.
    var promptMode = 1
    /// CIPHEAD: pushed data begin with `+IPD,n:`.
    var showsHead = false
    /// CIPSHOWTP: and name the protocol there.
    var showsProtocol = false
    /// CIPSRIP: and their sender before it.
    var showsSender = false
    /// CIPRXF=0: pushed data are followed by CR LF.
    var addsLineEnd = true
    /// CIPRXGET: 0 pushes, 1 gives notice once until the next read, 5 gives notice each time.
    var receiveMode = 0
    /// A notice is out and nothing was read since.
    var hasNoticed = false
    /// CIPATS: what is typed is sent after so many seconds.
    var autoSend: Int?
    var autoSendTime = 0
    /// CIPTKA: mode, idle, interval, count.
    var keepAlive = [0, 7200, 75, 9]
    /// CSTT: APN, user, password.
    var scene = ["", "", ""]
    /// Where CIPSTART went.
    var target = ""
    /// Tells one CIPSEND from the next.
    var sends = 0
    var pending: Pending?

    /// A CIPSEND that has its data and no result yet.
    enum Pending: Equatable {
        /// The send buffer is full.
        case room([UInt8])
        /// The result comes when the far side has so many bytes of the connection.
        case acknowledgement(Int)
    }

    /// Most bytes of one send and of one read.
    static let sendLimit = 1460
    static let readLimit = 1460
    static let hexReadLimit = 730
}
