import Glibc
public import LinuxIO

/// What a host of the simulator may want to show.
public enum SimulatorEvent: Sendable, Equatable {
    /// A line of the transcript, without its time.
    case transcript(String)
    /// A message went to the host; `hadReader` is false when no process held the PTY and it was lost.
    case delivered(topic: [UInt8], payload: [UInt8], hadReader: Bool)
    /// TCP to the broker is up.
    case linkUp
    /// TCP to the broker is down, by either side.
    case linkDown
}

/// A simulated module on a PTY with a real TCP connection to a real broker behind it. Loop thread only.
public final class SimulatorService {
    /// What the module does, as it happens.
    public var onEvent: (SimulatorEvent) -> Void = { _ in } {
        didSet { isHeard = true }
    }
    /// Called once `quit` was given.
    public var onQuit: () -> Void = {}

    private let options: SimulatorOptions
    private let loop: EventLoop
    private let start: Duration
    private let transcript: Transcript
    private let line: HostLine
    private var port: SimulatedPort
    private var timer: PreciseTimer?
    private var sockets: [Int: BrokerSocket] = [:]
    private var isStopped = false
    private var isHeard = false
    private var shown: [UInt8] = []
    private var shownOutcome = HostLine.Outcome.taken

    /// Opens the PTY (and the link to it) and switches the module on.
    public init(_ options: SimulatorOptions, loop: EventLoop) throws(SystemError) {
        self.options = options
        self.loop = loop
        start = loop.now
        transcript = try Transcript(path: options.transcript)
        line = try HostLine(link: options.link, loop: loop)
        port = SimulatedPort(
            options, wallSeconds: Int64(time(nil)),
            flash: try options.flashFile.map { path throws(SystemError) in
                try Self.loadFlash(path, capacity: options.flash)
            })
        timer = try PreciseTimer(loop: loop) { [weak self] in self?.pump() }
        line.onBytes = { [weak self] bytes in
            guard let self else { return }
            self.apply(self.port.hostWrote(self.atRate(bytes), now: self.now))
        }
        line.onReader = { [weak self] present in self?.record(present ? "reader came" : "reader gone") }
        let traits = options.dialect.traits.map(\.rawValue).sorted().joined(separator: ",")
        record("profile=\(options.profile.name) dialect=\(traits) seed=\(options.seed) baud=\(options.baud)")
        apply(port.powerOn(now: now))
    }

    /// The path a host opens: the link when there is one.
    public var slavePath: String { options.link ?? line.slavePath }

    private var now: Duration { loop.now - start }

    /// Bytes of the socket connection that wait in the module for the host.
    var waitingForHost: Int { port.module.stream.received.count }
    /// How many bytes of the socket connection the far side has, and how many it has not.
    var acknowledged: Int { port.module.stream.acknowledged }
    var unacknowledged: Int { port.module.stream.unacknowledged }

    // MARK: Faults

    /// One line of the fault protocol; the answer is `ok` or `error: …`.
    public func command(_ text: String) -> String {
        do throws(FaultLine.Problem) {
            switch try FaultLine.parse(text) {
            case .module(let fault): apply(port.inject(fault, now: now))
            case .replug(let pause):
                record("fault replug")
                port.unplugged()
                line.replug(after: pause)
            case .quit:
                stop()
                onQuit()
            }
            return "ok"
        } catch {
            return "error: \(error.text)"
        }
    }

    /// Closes everything and removes the link; nothing happens afterwards.
    public func stop() {
        guard !isStopped else { return }
        isStopped = true
        timer?.close()
        timer = nil
        for socket in sockets.values { socket.close() }
        sockets.removeAll()
        line.close()
        record("stop")
    }

    // MARK: Running

    private var waiting: [SimulatedPort.Effect] = []
    private var isApplying = false

    private func pump() { apply(port.advance(now: now)) }

    private func apply(_ effects: [SimulatedPort.Effect]) {
        waiting += effects
        // What a connection says while it is given bytes has its turn after them: its effects are younger.
        guard !isApplying else { return }
        isApplying = true
        defer { isApplying = false }
        while !isStopped, !waiting.isEmpty {
            let effect = waiting.removeFirst()
            switch effect {
            case .toHost(let bytes, let tags): print(bytes, tags)
            case .network(let action): perform(action)
            case .note(let text, _): record(text)
            case .storeFlash(let bytes): storeFlash(bytes)
            case .losePort:
                port.unplugged()
                line.replug(after: .seconds(1))
            }
        }
        let current = now
        for (number, socket) in sockets { socket.setReading(port.takesTraffic(connection: number, now: current)) }
        timer?.set(port.deadline.map { $0 + start })
    }

    /// What becomes of bytes between two ends that may run at different rates: never a line end.
    private func atRate(_ bytes: [UInt8]) -> [UInt8] {
        guard options.checksRate, line.speed != options.baud else { return bytes }
        return bytes.map { $0 ^ 0x25 | 0x80 }
    }

    private func print(_ bytes: [UInt8], _ tags: [PrintTag]) {
        let outcome = line.write(atRate(bytes))
        if outcome != shownOutcome { showOutput() }
        shownOutcome = outcome
        shown += bytes
        if bytes.last == 0x0A || port.isPrintingOver || shown.count > 4096 { showOutput() }
        for tag in tags {
            let read = outcome == .taken
            record(
                "MSUB topic=\(escaped(tag.topic)) bytes=\(tag.payload.count) reader=\(read ? "yes" : "no") "
                    + "via=\(tag.fromCache ? "cache" : "direct") payload=\(escaped(tag.payload.prefix(64)))")
            onEvent(.delivered(topic: tag.topic, payload: tag.payload, hadReader: read))
        }
    }

    /// Records what was printed, a line at a time however slowly the bytes go out.
    private func showOutput() {
        guard !shown.isEmpty else { return }
        let fate =
            switch shownOutcome {
            case .taken: ""
            case .noReader: " (printed with no reader)"
            case .overflow: " (lost: the host does not read)"
            }
        record("<- " + escaped(shown) + fate)
        shown.removeAll()
    }

    private func perform(_ action: SimulatedModule.Action) {
        switch action {
        case .openTCP(let number, let host, let port):
            open(number, host, port, tls: nil)
        case .openTLS(let number, let host, let port, let request): open(number, host, port, tls: request)
        case .closeTCP(let number):
            guard let socket = sockets.removeValue(forKey: number) else { return }
            socket.close()
            record("TCP \(number) closed by the module")
            onEvent(.linkDown)
        case .sendToBroker(let number, let bytes): sockets[number]?.send(bytes)
        case .print, .answered, .note, .storeFlash, .losePort: break
        }
    }

    private func open(_ number: Int, _ host: String, _ port: UInt16, tls: TLSRequest?) {
        let endpoint = options.redirect ?? SimulatorOptions.Endpoint(host: host, port: port)
        record("TCP \(number) to \(endpoint.host):\(endpoint.port)\(tls == nil ? "" : " with TLS")")
        let isStream = self.port.module.isStream(number)
        sockets[number] = BrokerSocket(endpoint, tls: tls, isStream: isStream, loop: loop) { [weak self] event in
            self?.networkHappened(event, number)
        }
    }

    // MARK: Files

    private static func loadFlash(_ path: String, capacity: Int) throws(SystemError) -> FlashFiles {
        guard Files.exists(path) else { return FlashFiles(capacity: capacity) }
        let bytes = try Files.read(path, limit: 1 << 28)
        guard let files = FlashFiles(encoded: bytes, capacity: capacity) else {
            throw SystemError("read", path, code: EBADMSG)
        }
        return files
    }

    private func storeFlash(_ bytes: [UInt8]) {
        guard let path = options.flashFile else { return }
        do {
            try Files.writeAtomically(path, bytes)
        } catch {
            record("the files are not kept: \(error)")
        }
    }

    private func networkHappened(_ event: SimulatedModule.NetworkEvent, _ number: Int) {
        guard !isStopped else { return }
        switch event {
        case .negotiating: record("TCP \(number) connected, TLS begins")
        case .connected:
            let security = sockets[number]?.security
            record("TCP \(number) connected\(security.map { ", \($0)" } ?? "")")
            onEvent(.linkUp)
        case .refused:
            // The module says why.
            sockets[number] = nil
            onEvent(.linkDown)
        case .failed, .closed:
            sockets[number] = nil
            record("TCP \(number) \(event == .failed ? "failed" : "closed by the broker")")
            onEvent(.linkDown)
        case .bytes, .acknowledged: break
        }
        apply(port.network(event, connection: number, now: now))
    }

    /// The text is made only where somebody wants it: at full speed it costs more than the module itself.
    private func record(_ text: @autoclosure () -> String) {
        guard isHeard || transcript.isKept else { return }
        let text = text()
        transcript.add(text)
        onEvent(.transcript(text))
    }
}
