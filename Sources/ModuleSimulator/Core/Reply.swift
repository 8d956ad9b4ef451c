/// What a command is answered.
struct Reply {
    enum Ending {
        case ok
        case error
        case cme(ModuleError)
        /// A final result of its own, such as `SHUT OK`.
        case text(String)
        /// No final result at all (CIFSR).
        case silent
        /// OK, and lines after it (CIPSTATUS).
        case okThen([String])
        /// The command is not over; `work` is done after the delay.
        case later(Duration, SimulatedModule.Work)
        /// The command is not over; whoever waits calls `finish` when it is.
        case pending
        /// The data prompt.
        case prompt(DataEntry)
        /// OK comes after the outcome.
        case held
        /// A text instead of any result, from a fault.
        case raw(String)
    }

    var lines: [[UInt8]] = []
    var ending: Ending = .ok

    static let ok = Reply()
    static let error = Reply(ending: .error)

    static func fails(_ error: ModuleError) -> Reply { Reply(ending: .cme(error)) }

    static func says(_ lines: String...) -> Reply { Reply(lines: lines.map { ascii($0) }) }
}

/// The error numbers of YM310 AT manual 3.13 that the simulator uses.
enum ModuleError: Int {
    case notAllowed = 3
    case simMissing = 10
    case pinRequired = 11
    case pukRequired = 12
    case simBusy = 14
    case wrongPassword = 16
    case noService = 30
    case invalidParameters = 53
    case packetNotAllowed = 107
    case contextFailed = 148
    case invalidInput = 765
    case failed = 767
    case lineTooLong = 818
    case other = 65535

    var text: String {
        switch self {
        case .notAllowed: "operation not allowed"
        case .simMissing: "SIM not inserted"
        case .pinRequired: "SIM PIN required"
        case .pukRequired: "SIM PUK required"
        case .simBusy: "SIM busy"
        case .wrongPassword: "incorrect password"
        case .noService: "no network service"
        case .invalidParameters: "parameters are invalid"
        case .packetNotAllowed: "GPRS services not allowed"
        case .contextFailed: "unspecified GPRS error"
        case .invalidInput: "Invalid input value"
        case .failed: "Operation failed"
        case .lineTooLong: "Multi Cmd too long"
        case .other: "Other Error"
        }
    }
}

/// Writing to the host.
extension SimulatedModule {
    mutating func printBytes(_ bytes: [UInt8], tag: PrintTag? = nil) {
        guard power != .dead, power != .hung, !isSynchronising else { return }
        flushEcho()
        actions.append(.print(bytes, tag))
    }

    /// `CR LF text CR LF`, as every reply and URC is framed.
    func framed(_ lines: [[UInt8]]) -> [UInt8] {
        var bytes = ascii("\r\n")
        for line in lines { bytes += line + ascii("\r\n") }
        return bytes
    }

    mutating func printLine(_ text: String) { printBytes(framed([ascii(text)])) }

    mutating func printResult(_ text: String, code: Int) {
        if settings.verbose {
            printLine(text + (dialect.has(.trailingBlank) ? " " : ""))
        } else {
            printBytes(ascii("\(code)\r"))
        }
    }

    mutating func printError(_ error: ModuleError) {
        switch settings.errorReports {
        case 0: printResult("ERROR", code: 4)
        case 1: printLine("+CME ERROR: \(error.rawValue)")
        default: printLine("+CME ERROR: \(error.text)")
        }
    }

    /// An outcome of chapter 13, and the OK that waited for it. `isLink`: one that manual 13.2 prefixes.
    mutating func printOutcome(_ text: [UInt8], isLink: Bool = false) {
        let prefixed = cell.isMultiLink && (isLink || dialect.has(.prefixAll))
        let blank = dialect.has(.trailingBlank) ? ascii(" ") : []
        printBytes(framed([(prefixed ? ascii("7,") : []) + text + blank]))
        releaseHeld()
    }
}

/// Bytes as the transcript shows them: printable ASCII as it is, the rest as `\xx`.
func escaped(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes {
        if byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") {
            text.append(byte)
        } else {
            text += [UInt8(ascii: "\\")] + hex(byte)
        }
    }
    return String(decoding: text, as: UTF8.self)
}

func hex(_ byte: UInt8) -> [UInt8] { [hexDigit(byte >> 4), hexDigit(byte & 15)] }

private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

/// The bytes two hex digits each stand for (either case); nil when it is not that.
func unhexed(_ digits: some Collection<UInt8>) -> [UInt8]? {
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in digits {
        let value: UInt8
        switch digit {
        case 0x30...0x39: value = digit - 0x30
        case 0x41...0x46: value = digit - 0x41 + 10
        case 0x61...0x66: value = digit - 0x61 + 10
        default: return nil
        }
        if let first = high {
            bytes.append(first << 4 | value)
            high = nil
        } else {
            high = value
        }
    }
    return bytes
}
