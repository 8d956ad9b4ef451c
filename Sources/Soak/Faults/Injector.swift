import ModuleSimulator

/// Makes faults happen to a world, and makes them end.
final class Injector {
    unowned let world: World
    var random: Chance
    private let kinds: [FaultKind]
    /// Ends of faults that last, in order; a calm calls them at once.
    private var endings: [(number: Int, kind: FaultKind, end: () -> Void)] = []
    private var nextNumber = 0
    /// Faults so far.
    private(set) var count = 0
    private(set) var byKind: [FaultKind: Int] = [:]
    /// Until then nothing else strikes.
    private(set) var quietUntil: Duration = .zero
    /// Whether a fault since the last calm may take a restart of the module to mend.
    var needsRestart = false

    init(_ world: World, seed: UInt64) {
        self.world = world
        random = Chance(seed: seed ^ 0xFA17)
        kinds = FaultKind.all(of: world.plan)
    }

    /// One fault, by chance.
    func strike() {
        let kind = FaultKind.random(&random, of: kinds)
        if kind == .hardHang, !world.plan.hasHardwareReset { return }
        count += 1
        byKind[kind, default: 0] += 1
        inject(kind)
    }

    /// Everything that lasts is over; what only the bridge can mend stays.
    func calm() {
        let all = endings
        endings = []
        for ending in all { ending.end() }
        let line = world.line
        line.restoreRate()
        (line.rebootAtByte, line.lateAnswer, line.losesAnswer) = (nil, nil, false)
        (line.insideAnswer, line.insidePayload, line.isNoisy) = (nil, nil, false)
        world.box.inject(.socket(.noneMore))
        world.remote.losesAcknowledgement = false
        world.killAt = nil
        world.killInSend = nil
        world.note("calm")
    }

    /// A calm is over.
    func calmIsOver() { needsRestart = false }

    func lasts(_ kind: FaultKind, _ length: Duration, _ end: @escaping () -> Void) {
        nextNumber += 1
        let number = nextNumber
        endings.append((number, kind, end))
        world.clock.after(length) { [weak self] in
            guard let self, let index = endings.firstIndex(where: { $0.number == number }) else { return }
            endings.remove(at: index).end()
            world.note("end of \(kind.rawValue)")
        }
    }

    func isRunning(_ kind: FaultKind) -> Bool { endings.contains { $0.kind == kind } }

    func short() -> Duration { random.duration(.milliseconds(5), .seconds(20)) }
    func long() -> Duration { random.duration(.seconds(1), .seconds(240)) }

    private func inject(_ kind: FaultKind) {
        world.note("fault \(kind.rawValue)")
        if kind.damagesStreams(world.plan.way) { world.socket.damages() }
        switch kind {
        case .tcpDrop, .halfOpen, .stall, .pdpLoss, .radioLoss, .denied, .simRemoved, .longOutage: injectNetwork(kind)
        case .reboot, .rebootAtByte, .cutPrinting, .hang, .hardHang, .echoOn, .lateCommand, .publishError, .publishLost,
            .connackOnce, .pubackLate, .pubackLost:
            injectModule(kind)
        case .portGone, .lateAnswer, .lostAnswer, .insideAnswer, .insidePayload, .garbage, .noise, .slowLine:
            injectLine(kind)
        case .brokerRestart, .brokerDrop, .connackRefused, .acknowledgementsHeld, .acknowledgementLost, .burstIn:
            injectRemote(kind)
        case .localRestart, .localDrop, .localSilent, .burstOut, .kill, .killInCommit, .stop, .diskFull,
            .diskUnreadable, .diskSlow, .clockJump:
            injectHost(kind)
        case .sendFail, .sendPartial, .sendError, .promptLost, .sendResultLost, .hangAtSend, .noticeLost, .insideData,
            .byteLost, .tcpError, .natIdle, .killInSend:
            injectStream(kind)
        }
    }

    // MARK: The network

    private func injectNetwork(_ kind: FaultKind) {
        let box = world.box
        switch kind {
        case .tcpDrop: box.inject(.dropTCP)
        case .halfOpen:
            box.inject(.halfOpen)
            // Without a heartbeat nobody but the broker's own time-out ends it.
            if world.plan.heartbeat == nil, !world.plan.way.isSocket { lasts(kind, long()) { box.inject(.dropTCP) } }
        case .stall: box.inject(.stall(short()))
        case .pdpLoss:
            let spelling = random.pick(["plain", "tight", "blank", "cgev"])
            var cures: [CellState.Cure] = [.itself, .itself, .cgact, .cgact, .context5, .cfun]
            if random.oneIn(6) { cures = [.reset] }
            let cure = random.pick(cures)
            if cure == .reset { needsRestart = true }
            box.inject(.deactivate(spelling: spelling, cure: cure))
        case .radioLoss: box.inject(.deregister(long()))
        case .denied:
            guard !isRunning(kind) else { return }
            box.inject(.deny(7))
            lasts(kind, long()) { box.inject(.register) }
        case .simRemoved:
            guard !isRunning(kind) else { return }
            box.inject(.removeSIM)
            lasts(kind, long()) { box.inject(.insertSIM) }
        case .longOutage:
            let length = random.duration(.seconds(900), .seconds(7200))
            quietUntil = world.clock.now + length
            // What the ladder has counted by then keeps it from restarting the module at once.
            needsRestart = true
            switch random.number(0...2) {
            case 0:
                guard !isRunning(.brokerRestart) else { return }
                world.remote.stop()
                lasts(.brokerRestart, length) { [remote = world.remote] in remote.start() }
            case 1:
                guard !isRunning(.denied) else { return }
                box.inject(.deny(7))
                lasts(.denied, length) { box.inject(.register) }
            default:
                box.inject(.deactivate(spelling: nil, cure: .power))
                lasts(kind, length) { box.inject(.powerCycle) }
            }
        default: break
        }
    }

    // MARK: The module

    private func injectModule(_ kind: FaultKind) {
        let box = world.box
        switch kind {
        case .reboot:
            world.line.cutOutput()
            box.inject(.reboot)
        case .rebootAtByte: world.line.rebootAtByte = random.number(0...80)
        case .cutPrinting: world.line.cutOutput()
        case .hang:
            needsRestart = true
            box.inject(.hang)
        case .hardHang:
            needsRestart = true
            box.inject(.hardHang)
        case .echoOn: box.inject(.echoOn)
        case .lateCommand: box.inject(.lateAnswer(random.duration(.milliseconds(50), .seconds(60))))
        case .publishError: box.inject(.publishError(random.pick(["ERROR", "+CME ERROR: 767", "+CME ERROR: 3"])))
        case .publishLost: box.inject(.losePublish)
        case .connackOnce: box.inject(.refuseConnack)
        case .pubackLate: box.inject(.delayPuback(short()))
        case .pubackLost: box.inject(.losePuback)
        default: break
        }
    }

    // MARK: The line

    private func injectLine(_ kind: FaultKind) {
        let line = world.line
        world.ledger.broke()
        switch kind {
        case .portGone:
            line.unplug()
            lasts(kind, short()) { line.plug() }
        case .lateAnswer: line.lateAnswer = random.duration(.milliseconds(20), .seconds(90))
        case .lostAnswer: line.losesAnswer = true
        case .insideAnswer: line.insideAnswer = framed(random.pick(Self.urcs))
        case .insidePayload: line.insidePayload = framed(random.pick(Self.urcs))
        case .garbage: line.noise(random.bytes(random.number(1...40)))
        case .noise: line.isNoisy = true
        case .slowLine:
            line.baud = random.pick([1200, 2400, 9600])
            line.kernelRoom = 16
            lasts(kind, short()) { line.restoreRate() }
        default: break
        }
    }

    static let urcs = [
        "+CREG: 1", "^MODE: 17,17", "+E_UTRAN Service", "+CGEV: ME PDN ACT 1,0", "+NITZ: 26/06/04,09:04:18+32,0",
        "RING", "+CPIN: READY", "+CSQ: 20,0", "+CTZV: 32", "SMS READY",
    ]

    private func framed(_ text: String) -> [UInt8] { Array("\r\n\(text)\r\n".utf8) }

    // MARK: The remote broker

    private func injectRemote(_ kind: FaultKind) {
        let remote = world.remote
        switch kind {
        case .brokerRestart:
            guard !isRunning(kind) else { return }
            remote.stop()
            lasts(kind, short()) { remote.start() }
        case .brokerDrop: remote.drop()
        case .connackRefused:
            remote.connackCode = UInt8(random.number(1...5))
            remote.drop()
            lasts(kind, short()) { remote.connackCode = 0 }
        case .acknowledgementsHeld:
            remote.holdsAcknowledgements = true
            lasts(kind, short()) { remote.holdsAcknowledgements = false }
        case .acknowledgementLost: remote.losesAcknowledgement = true
        case .burstIn: for _ in 0..<random.number(5...60) { world.traffic.publishIn() }
        default: break
        }
    }

    // MARK: The host

    private func injectHost(_ kind: FaultKind) {
        let disk = world.conditions
        switch kind {
        case .localRestart:
            guard !isRunning(kind) else { return }
            world.local.stop()
            lasts(kind, short()) { [local = world.local] in local.start() }
        case .localDrop: world.local.drop()
        case .localSilent:
            world.local.holdsAnswers = true
            lasts(kind, short()) { [local = world.local] in local.holdsAnswers = false }
        case .burstOut: for _ in 0..<random.number(5...120) { world.traffic.publishOut() }
        case .kill: world.kill(pause: short())
        case .killInCommit:
            world.killAt = random.pick(DiskStore.Step.allCases)
            world.killSkips = random.number(0...6)
            world.killPause = short()
        case .stop: world.stopInOrder(pause: short())
        case .diskFull:
            disk.commitFailure = "no space left on the device"
            lasts(kind, short()) { disk.commitFailure = nil }
        case .diskUnreadable:
            disk.loadFailure = "input/output error"
            lasts(kind, short()) { disk.loadFailure = nil }
        case .diskSlow:
            let usual = world.plan.diskLatency
            disk.latency = random.duration(.milliseconds(50), .seconds(5))
            lasts(kind, short()) { [clock = world.clock] in
                disk.latency = usual
                // The last slow commit is still under way.
                disk.troubleAt = clock.now + .seconds(5)
            }
        case .clockJump:
            let seconds = random.number(1...3600) * (random.oneIn(2) ? 1 : -1)
            world.clock.wallOffset += Int64(seconds)
        default: break
        }
    }
}
