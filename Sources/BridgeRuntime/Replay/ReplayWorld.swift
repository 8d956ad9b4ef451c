import LinuxIO

/// The time of a replay: it passes only when the record says so.
final class ReplayClock: BridgeClock {
    private struct Entry {
        var due: Duration
        var number: Int
        var handler: () -> Void
    }

    private(set) var now: Duration = .zero
    private let epoch: Int64
    private var entries: [Entry] = []
    private var nextNumber = 0

    init(epoch: Int64) { self.epoch = epoch }

    var wallClock: Int64 { epoch &+ now.components.seconds }

    /// When the next call is due.
    var nextDue: Duration? { entries.map(\.due).min() }

    func schedule(at due: Duration, _ handler: @escaping () -> Void) -> ScheduledCall {
        let number = nextNumber
        nextNumber += 1
        entries.append(Entry(due: max(due, now), number: number, handler: handler))
        return ScheduledCall { [weak self] in self?.entries.removeAll { $0.number == number } }
    }

    /// Lets time come to `time`, without what comes due.
    func move(to time: Duration) { now = max(now, time) }

    /// Runs the call that is due next.
    func fire() {
        guard
            let index = entries.indices.min(by: {
                (entries[$0].due, entries[$0].number) < (entries[$1].due, entries[$1].number)
            })
        else { return }
        let entry = entries.remove(at: index)
        now = max(now, entry.due)
        entry.handler()
    }
}

/// The port of a replay: what is written goes nowhere, or to a module that does all that is asked of it.
final class ReplayPort: ModulePort {
    var onBytes: ([UInt8]) -> Void = { _ in }
    var onClosed: (String) -> Void = { _ in }
    var onDrained: () -> Void = {}
    let pendingBytes = 0
    private(set) var isOpen = false
    /// Whether it can be opened now.
    var canOpen: () -> Bool = { true }
    /// Hears what is written.
    var onWrite: ([UInt8]) -> Void = { _ in }

    func open() throws(SerialPort.OpenFailure) {
        guard canOpen() else { throw .missing(path: "the recorded port") }
        isOpen = true
    }

    func write(_ bytes: [UInt8]) -> Bool {
        onWrite(bytes)
        return isOpen
    }

    func close() { isOpen = false }

    /// The port goes away.
    func lose() {
        isOpen = false
        onClosed("as recorded")
    }
}

/// What a module with a good card and network answers: it brings a replay to where a record begins that has lost its
/// beginning.
enum ReplayModule {
    /// The answer to one written line, its line ends included.
    static func answer(to line: String, identity: String) -> String {
        var lines: [String] = []
        switch line {
        case "ATI": lines = [identity]
        case "AT+CGMR": lines = ["+CGMR: \"\(identity)\""]
        case "AT+CGSN": lines = ["860000000000001"]
        case "AT+ICCID": lines = ["+ICCID: 89860000000000000001"]
        case "AT+CIMI": lines = ["460000000000001"]
        case "AT+CPIN?": lines = ["+CPIN: READY"]
        case "AT+CEREG?": lines = ["+CEREG: 1,1"]
        case "AT+CGREG?": lines = ["+CGREG: 1,1"]
        case "AT+CGATT?": lines = ["+CGATT: 1"]
        case "AT+CGDCONT?": lines = ["+CGDCONT: 1,\"IP\",\"cmnet\",\"10.0.0.1\",0,0"]
        case "AT+CMEE?": lines = ["+CMEE: 1"]
        case "AT+CSQ": lines = ["+CSQ: 23,0"]
        case "AT+MQTTSTATU": lines = ["+MQTTSTATU :1"]
        case "AT+CREG?": lines = ["+CREG: 1,1"]
        case "AT+QCCID": lines = ["89860000000000000001"]
        // The socket link: nothing is left of an earlier connection.
        case "AT+CIPSTATUS", "AT+QISTAT": return "\r\nOK\r\n\r\nSTATE: IP INITIAL\r\n"
        case "AT+CIFSR": return "\r\n10.0.0.1\r\n"
        case "AT+CIPCLOSE", "AT+QICLOSE", "AT+QICLOSE=0": return "\r\nCLOSE OK\r\n"
        case "AT+QIDEACT": return "\r\nDEACT OK\r\n"
        case "AT+IPR?": lines = ["+IPR: 115200"]
        default:
            if line == "AT+CGPADDR" { lines = ["+CGPADDR: 1,\"10.0.0.1\""] }
            if line.hasPrefix("AT+CGPADDR=") { lines = ["+CGPADDR: \(line.dropFirst(11)),\"10.0.0.1\""] }
        }
        lines.append(line == "AT+CIPSHUT" ? "SHUT OK" : "OK")
        if line.hasPrefix("AT+QIOPEN=0,") {
            lines.append("+QIOPEN: 0,0")
        } else if ["AT+MIPSTART=", "AT+SSLMIPSTART=", "AT+CIPSTART=", "AT+QIOPEN="].contains(where: line.hasPrefix) {
            lines.append("CONNECT OK")
        }
        if line.hasPrefix("AT+MCONNECT=") { lines.append("CONNACK OK") }
        if line.hasPrefix("AT+MSUB=") { lines.append("SUBACK") }
        if line.hasPrefix("AT+MUNSUB=") { lines.append("UNSUBACK") }
        return lines.map { "\r\n\($0)\r\n" }.joined()
    }
}
