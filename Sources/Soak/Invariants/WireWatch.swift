import ModuleSimulator

/// Watches the wire from outside: one command at a time, nothing into a data mode, restarts far enough apart.
///
/// It knows what the module is doing, not what the bridge believes: a command counts as open from the moment the module
/// runs it until the end of its answer has been read, or that of a later command, since answers come in order.
final class WireWatch {
    static let probes: [[UInt8]] = [Array("AT\r\n".utf8), Array("AT+CMEE?\r\n".utf8)]
    static let blindResets = [
        "\r\nAT+RESET\r\n", "\r\nAT+CFUN=1,1\r\n", "\r\nAT+RESET\r\nAT+CFUN=1,1\r\n",
    ].map { Array($0.utf8) }
    static let resets = ["AT+RESET\r\n", "AT+CFUN=1,1\r\n"].map { Array($0.utf8) }
    /// Distances of the second, third and every further restart of a series (manual 003, chapter 9).
    static let spacing: [Duration] = [.zero, .seconds(600), .seconds(1800), .seconds(3600)]

    /// A probe goes into an open data mode; what that does to a stream shows at its ends.
    lazy var onProbeInData: () -> Void = { [unowned self] in
        report(.oneCommand, "a probe is written into an open data mode")
    }
    /// Whether what looked like the end of an answer may have been damaged data.
    var isLoose: () -> Bool = { false }

    private let clock: VirtualClock
    private let report: (Violation.Promise, String) -> Void
    /// Commands whose answers have not been read, in order.
    private var open: [[UInt8]] = []
    private var lastWritten: [UInt8] = []
    private var restarts: [Duration] = []
    private var hardware: [Duration] = []
    /// Whether the reset on the wire is answered.
    private var resetIsOut = false
    private var dataWritten = 0
    /// Commands written.
    private(set) var commands = 0

    init(_ clock: VirtualClock, report: @escaping (Violation.Promise, String) -> Void) {
        self.clock = clock
        self.report = report
    }

    /// The bridge has written; `reading`: what the module would do with it; `isSynchronising`: what the session says.
    func written(_ bytes: [UInt8], reading: SimulatedModule.Reading, isRunning: Bool, isSynchronising: Bool) {
        lastWritten = bytes
        commands += 1
        let isProbe = Self.probes.contains(bytes)
        let isFill = bytes.allSatisfy { $0 == 0x0D }
        if isProbe || isFill || Self.blindResets.contains(bytes) {
            if isProbe, case .data(let declared) = reading, isRunning, declared != nil {
                onProbeInData()
            }
            return
        }
        if isSynchronising { return report(.onlyProbe, "\(shown(bytes)) while the session looks for the module") }
        guard isRunning else { return }
        switch reading {
        case .data(let declared):
            if let declared, bytes.count != declared {
                report(.oneCommand, "\(bytes.count) bytes into a data mode of \(declared)")
            }
        case .line, .nothing:
            if !open.isEmpty, !isLoose() {
                report(.oneCommand, "\(shown(bytes)) while \(shown(open.last ?? [])) is open")
            }
        }
        if Self.resets.contains(bytes) { resetIsOut = true }
    }

    /// The module has begun to run a line.
    func commandRuns() { open.append(lastWritten) }

    /// The bridge has read the end of an answer.
    func answerRead() {
        // What came before it was lost on the way.
        open.removeAll()
        if resetIsOut {
            resetIsOut = false
            restarted(&restarts, "AT+RESET")
        }
    }

    /// The module has forgotten what it was doing.
    func moduleForgot() {
        open.removeAll()
        resetIsOut = false
    }

    func hardwareReset() { restarted(&hardware, "the hardware reset") }

    /// Something was acknowledged, or came in: the series of restarts is over.
    func delivered() {
        restarts = []
        hardware = []
    }

    /// A new process has a series of its own.
    func processStarted() { delivered() }

    private func restarted(_ series: inout [Duration], _ what: String) {
        if let last = series.last {
            let wanted = Self.spacing[min(series.count, Self.spacing.count - 1)]
            if clock.now - last < wanted {
                report(
                    .restartSpacing,
                    "\(what) number \(series.count + 1) of a series \((clock.now - last).shown) after the one before")
            }
        }
        series.append(clock.now)
    }

    private func shown(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(40).map { $0 >= 0x20 && $0 < 0x7F ? $0 : 0x2E }, as: UTF8.self)
    }
}
