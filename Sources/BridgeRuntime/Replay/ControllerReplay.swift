import ATProtocol
import BridgeCore
import LinuxIO
import ModemCore
import Synchronization

/// A record of the service, through driver, session and machines once more.
///
/// What came from outside is taken from the record: bytes, publishes, ports that came and went, writes to disk. What the
/// driver makes of it is its own again, and is held against what the record says was sent.
final class ControllerReplay {
    /// How far timers of the record may lag behind, from a busy machine.
    private static let slack: Duration = .milliseconds(400)
    /// Where the beginning is gone, so is the seed of the pauses.
    private static let slackWithoutSeed: Duration = .seconds(75)

    let record: DialogueRecord
    let settings: ReplaySettings
    /// Timers of a replay: a record of a month in which nothing happens is no reason to work for hours.
    private static let timerLimit = 1_000_000

    private let isCut: Bool
    private let onLine: (Replay.Line) -> Void
    let clock: ReplayClock
    let port = ReplayPort()
    private let owner = Owner()
    let logged = Logged()
    var driver: ModuleDriver?
    /// What the driver did that the record has not come to yet: commands and decisions, as a record has them.
    private var done: [String] = []
    var index = 0
    var isWarmingUp = false
    var toWarmUp: [String] = []
    private var differences = 0
    /// What the clock of the replay is ahead of that of the record.
    var offset: Duration = .zero
    /// Where the record has the port tried, from the present event on.
    private var portNotes: ArraySlice<(index: Int, isOpened: Bool)> = []
    private var fired = 0
    /// Filters of guests.
    private var filters: [TopicFilter] = []

    init(
        _ record: DialogueRecord, _ settings: ReplaySettings, isCut: Bool, onLine: @escaping (Replay.Line) -> Void
    ) {
        self.record = record
        self.settings = settings
        self.isCut = isCut
        self.onLine = onLine
        clock = ReplayClock(epoch: settings.wallClock)
        var link = settings.link
        if isCut { link.profile = settings.profile ?? link.profile }
        let clock = self.clock
        filters = (link.subscriptions.map(\.filter) + link.staleSubscriptions).compactMap { try? TopicFilter($0) }
        for entry in record.entries {
            guard case .sent(let line) = entry.event, line.starts(with: "AT+MSUB=\"".utf8),
                let end = line.lastIndex(of: 0x22), end > 9
            else { continue }
            if let filter = try? TopicFilter(Array(line[9..<end])), filters.count < 512 { filters.append(filter) }
        }
        for (index, entry) in record.entries.enumerated() {
            guard case .note(let text) = entry.event, text.hasPrefix("port ") else { continue }
            let note = DialogueNote(text)
            if note == .portOpened || note == .portFailed { portNotes.append((index, note == .portOpened)) }
        }
        let known = filters
        let driver = ModuleDriver(
            link, port: port, baud: settings.baud, clock: clock,
            log: Log(threshold: .info) { [logged] _, text in logged.add(text) },
            hostClock: { HostClock(time: clock.wallClock, at: clock.now, isSynchronised: true) },
            topicMatches: { topic in known.contains { $0.matches(topic) } })
        self.driver = driver
        driver.delegate = owner
        driver.onDialogue = { [weak self] in self?.did($0) }
        driver.onAction = { [weak self] action in
            guard let self, !isWarmingUp, let text = Replay.text(action) else { return }
            emit(.token, text)
        }
        owner.onLog = { [logged] text in logged.add(text) }
        port.canOpen = { [weak self] in self?.opens ?? false }
    }

    func run() {
        if isCut { skipToWhole() }
        while index < record.entries.count, differences < Replay.differenceLimit {
            let entry = record.entries[index]
            index += 1
            replay(entry)
        }
        if differences >= Replay.differenceLimit {
            emit(.note, "too many differences: the rest of the record is not held against this release")
        } else {
            for text in done { differ("would now do \(text), which the record has not") }
        }
        for text in logged.take() { put(.decision, text) }
        driver?.abandon()
    }

    // MARK: The record

    /// When it happens, by the clock of the replay.
    private func time(_ entry: DialogueRecord.Entry) -> Duration { entry.at + offset }

    private func replay(_ entry: DialogueRecord.Entry) {
        switch entry.event {
        case .sent(let line): expect(String(decoding: line, as: UTF8.self), entry)
        case .received(let bytes):
            passTime(to: time(entry))
            if port.isOpen { port.onBytes(bytes) }
        case .note(let text):
            guard let note = DialogueNote(text) else { return emit(.note, text) }
            if note.isDecision { return expect("# " + note.text, entry) }
            replay(note, entry)
        }
    }

    private func replay(_ note: DialogueNote, _ entry: DialogueRecord.Entry) {
        guard let driver else { return }
        switch note {
        case .portOpened:
            fire(until: time(entry) + slack) { port.isOpen }
            clock.move(to: time(entry))
            if !port.isOpen { differ("the port was opened here; it is not now") }
            return
        case .portFailed: return
        default: passTime(to: time(entry))
        }
        // One for every turn on the line, and every message: the commands are told.
        switch note {
        case .stream, .delivered: break
        default: emit(.decision, note.text)
        }
        switch note {
        case .start(let bytes, let send):
            driver.openSend = send
            driver.start(dataModeRecord: bytes)
        case .stream(let waiting, let mayReceive, let isHarmless, let size, let isRepeatable):
            let isFree = { driver.session.isIdle && driver.owner == .nobody && driver.transfer != nil }
            if !isFree() { fire(until: time(entry) + slack, isFree) }
            driver.driveStream(waiting: waiting, mayReceive: mayReceive, isHarmless: isHarmless) {
                [UInt8](repeating: isRepeatable ? 0x78 : 0x0D, count: size > 0 ? min(size, $0) : $0)
            }
        case .streamEnded: driver.perform { $0.endStream() }
        case .sessionUp: driver.carrierEstablished()
        case .sessionFailed(let failure): driver.carrierFailed(failure)
        case .sessionClosed: if driver.saysFarewell { driver.carrierFinished() }
        case .delivered(let through): driver.perform { $0.streamDelivered(through: through) }
        case .stop: driver.stop()
        case .portClosed: if port.isOpen { port.lose() }
        case .publish(let topic, let qos, let retain, let size, let encoding):
            if !driver.isReadyToPublish { fire(until: time(entry) + slack) { driver.isReadyToPublish } }
            driver.publish(
                PublishStateMachine.Message(
                    id: Int64(index), topic: topic, payload: Self.payload(size, encoding, topic, driver), qos: qos,
                    retain: retain))
        case .guest(let text, let seconds): driver.visit(Self.visit(text, seconds))
        case .dataModeRecorded(let bytes): driver.dataModeRecorded(bytes: bytes)
        case .manifestRecorded(let token): driver.manifestRecorded(token: token)
        case .resetFinished(let isGood): driver.hardwareResetFinished(succeeded: isGood, reason: "as recorded")
        case .portOpened, .portFailed, .online, .offline: break
        }
    }

    /// The driver must have done this by now, or do it when its next timer fires.
    private func expect(_ text: String, _ entry: DialogueRecord.Entry) {
        if done.isEmpty { fire(until: time(entry) + slack) { !done.isEmpty } }
        clock.move(to: time(entry))
        if let place = done.prefix(8).firstIndex(of: text) {
            for extra in done[..<place] { differ("would now do \(extra) first") }
            done.removeFirst(place + 1)
            return emit(text.hasPrefix("# ") ? .decision : .sent, text)
        }
        if let first = done.first, !isAhead(first) {
            done.removeFirst()
            differ("did \(text), would now do \(first)")
        } else {
            differ("did \(text), would not do it now (\(driver?.summary ?? ""))")
        }
    }

    /// Whether the record has it soon.
    private func isAhead(_ text: String) -> Bool {
        for entry in record.entries[index...].prefix(24) {
            switch entry.event {
            case .sent(let line) where line.elementsEqual(text.utf8): return true
            case .note(let note) where "# " + note == text: return true
            case .sent, .note, .received: continue
            }
        }
        return false
    }

    private var slack: Duration { isCut ? Self.slackWithoutSeed : Self.slack }

    /// What came due long before `time` has happened; what came due just before may have happened after.
    private func passTime(to time: Duration) {
        fire(until: time - slack) { false }
        clock.move(to: time)
    }

    private func fire(until time: Duration, _ condition: () -> Bool) {
        while !condition(), let due = clock.nextDue, due <= time, fired < Self.timerLimit {
            fired += 1
            clock.fire()
        }
    }

    /// Whether the record has the port opened before it fails again.
    private var opens: Bool {
        if isWarmingUp { return true }
        // The event that is being replayed may be the one.
        while let first = portNotes.first, first.index < index - 1 { portNotes.removeFirst() }
        guard let next = portNotes.first, next.isOpened else { return false }
        return time(record.entries[next.index]) <= clock.now + slack
    }

    // MARK: The driver

    private func did(_ dialogue: Dialogue) {
        guard !isWarmingUp else { return }
        switch dialogue {
        case .sent(let text, _): done.append(text)
        case .note(let note) where note.isDecision: done.append("# " + note.text)
        case .recovers(let recovery):
            emit(.decision, "recovery: \(recovery.rung.word): \(recovery.reason ?? "the session")")
        case .note, .received: break
        }
    }

    private func differ(_ text: String) {
        differences += 1
        emit(.difference, text)
    }

    func emit(_ kind: Replay.Line.Kind, _ text: String) {
        for text in logged.take() where !isWarmingUp { put(.decision, text) }
        put(kind, text)
    }

    private func put(_ kind: Replay.Line.Kind, _ text: String) {
        let line = index > 0 && index <= record.entries.count ? record.entries[index - 1].line : 0
        onLine(Replay.Line(at: clock.now - offset, line: line, kind: kind, text: text))
    }

    /// Lines of the driver's log.
    final class Logged: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ text: String) { lines.withLock { $0.append(text) } }

        func take() -> [String] {
            lines.withLock { lines in
                defer { lines = [] }
                return lines
            }
        }
    }

    /// Takes what the driver reports; nothing of it leads anywhere here.
    private final class Owner: ModuleDriverDelegate {
        var onLog: (String) -> Void = { _ in }

        func moduleSessionBegan() {}
        func moduleOnline(_ profile: ModuleProfile, over kind: LinkKind) {}
        func moduleOffline(_ reason: String) { onLog("offline: \(reason)") }
        func moduleRecovers(_ recovery: Recovery) {}
        func moduleReady() {}
        func moduleAcknowledged(_ id: Int64) { onLog("the publish is acknowledged") }
        func moduleRefused(_ id: Int64, code: String, reason: String) { onLog("refused: \(reason)") }
        func moduleReturned(_ id: Int64, certainlyNotSent: Bool) { onLog("the publish goes back to the queue") }
        func modulePostponed(_ id: Int64) {}
        func moduleSetAside(_ id: Int64, reason: String) {}
        func moduleMayAcknowledge() -> Bool { true }
        func moduleReceived(_ message: ReceivedMessage, for audience: Audience) {}
        func moduleSubscribed(_ filter: [UInt8]) {}
        func moduleUnsubscribed(_ filter: [UInt8]) {}
        func moduleWarned(_ code: String, _ text: String) { onLog(text) }
        func moduleCounted(_ counter: WritableKeyPath<Counters, UInt64>, _ amount: Int) {}
        func recordDataMode(bytes: Int?) {}
        func recordManifest(_ bytes: [UInt8], token: Int) {}
        func recordLadder(_ bytes: [UInt8]) {}
        func moduleGaveUp(_ reason: String) { onLog("gave up: \(reason)") }
        func resetHardware() { onLog("resets the hardware") }
        func pinRefused(iccid: String) { onLog("the PIN was refused") }
        func portOpened() {}
        func portFailed(_ failure: PortFailure) -> Bool { false }
        func moduleFinished() { onLog("finished") }
    }
}
