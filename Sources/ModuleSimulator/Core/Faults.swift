/// What goes wrong on request.
extension SimulatedModule {
    /// Far enough away to mean "until told otherwise".
    private static let forever = Duration.seconds(1 << 40)

    /// A fault that concerns the module itself; the PTY's own faults are the runtime's.
    package enum Fault: Equatable {
        case dropTCP
        case deactivate(spelling: String?, cure: CellState.Cure?)
        case stall(Duration)
        case halfOpen, heal, hang, hardHang, powerCycle, reboot
        case garbage(Int)
        case deregister(Duration?), register
        /// The network refuses to register the card until `register`, for this reason (3GPP TS 24.301 Annex A).
        case deny(Int)
        /// The network registers and does not attach.
        case refuseAttach
        /// What `AT+CSQ` tells from now on: 0 to 31, or 99.
        case signal(Int)
        case echoOn
        case delayPuback(Duration)
        case losePuback, losePublish, refuseConnack
        case publishError(String)
        /// Every publish to this topic is answered ERROR; nil: none any more.
        case refuseTopic(String?)
        case removeSIM, insertSIM
        case print(String)
        case powerLoss(lines: Int, hasEffect: Bool, beginning: String)
        case fullFlash(Bool)
        case cutUpload(Int)
        /// The next command is run only after this time.
        case lateAnswer(Duration)
        case socket(SocketFault)
    }

    package mutating func inject(_ fault: Fault, now: Duration) -> [Action] {
        note("fault \(fault)")
        switch fault {
        case .dropTCP:
            if mqtt.link == .open || mqtt.link == .connecting {
                emit(.closeTCP(mqtt.connection), now: now)
                faults.isHalfOpen = false
                mqtt.disconnected = false
                linkClosed(now: now)
            }
            breakStream(now: now)
        case .deactivate(let spelling, let cure): deactivate(spelling: spelling, cure: cure, now: now)
        case .stall(let length): hold(until: now + length, outlastsRestart: true)
        case .halfOpen:
            faults.isHalfOpen = mqtt.link == .open
            blackHoleStream()
        case .heal: heal(now: now)
        case .hang: hang(.hung)
        case .hardHang: hang(.dead)
        case .powerCycle, .reboot:
            // Power goes in both; of a reboot the bearer's cure `power` is not part.
            restart(rung: fault == .powerCycle ? .power : .reset, now: now)
        case .garbage(let count):
            var bytes: [UInt8] = []
            for _ in 0..<max(0, count) { bytes.append(UInt8.random(in: 0...255, using: &random)) }
            printBytes(bytes)
        case .deregister(let length):
            cell.hasCoverage = false
            loseService(now: now)
            agenda.removeAll { $0 == .serviceReturns }
            if let length { agenda.add(.serviceReturns, at: now + length) }
            hold(until: length.map { now + $0 } ?? Self.forever, outlastsRestart: true)
        case .deny(let cause):
            cell.denied = cause
            loseService(now: now)
            dropLink(now: now)
        case .refuseAttach:
            cell.refusesAttach = true
            cell.isAttached = false
            cell.dropContexts()
            dropLink(now: now)
        case .signal(let strength): cell.signal = strength
        case .register: serviceReturned(now: now)
        case .echoOn: settings.echo = true
        case .delayPuback(let delay): faults.delayPuback = delay
        case .losePuback: faults.losePuback = true
        case .losePublish: faults.losePublish = true
        case .refuseConnack: faults.refuseConnack = true
        case .refuseTopic(let topic): faults.refusedTopic = topic.map { Array($0.utf8) }
        case .publishError(let text): faults.nextPublishError = text
        case .removeSIM: removeSIM(now: now)
        case .insertSIM:
            sim.isInserted = true
            sim.powerOn()
            if power == .running { printLine("+CPIN: \(simStatus)" + (profile.family == .luat ? " 0" : "")) }
            searchForNetwork(now: now)
        case .print(let text): printLine(text)
        case .powerLoss(let lines, let hasEffect, let beginning):
            faults.powerLoss = .init(lines: lines - 1, hasEffect: hasEffect, beginning: ascii(beginning))
        case .fullFlash(let isFull): flash.isFull = isFull
        case .cutUpload(let count): faults.cutUpload = count
        case .lateAnswer(let delay): faults.lateAnswer = delay
        case .socket(let fault): inject(fault, now: now)
        }
        return take()
    }

    /// Freezes the network; what is under way waits.
    private mutating func hold(until: Duration, outlastsRestart: Bool = false) {
        faults.heldUntil = until
        faults.outlastsRestart = outlastsRestart
        agenda.move(to: until) { $0.isTraffic }
        agenda.removeAll { $0 == .networkResumes }
        if until < Self.forever { agenda.add(.networkResumes, at: until) }
    }

    /// Freezes the network until a restart.
    mutating func holdNetwork() { hold(until: Self.forever) }

    private mutating func heal(now: Duration) {
        hold(until: now)
        healStream(now: now)
        guard faults.isHalfOpen else { return }
        faults.isHalfOpen = false
        if faults.missedClose { linkClosed(now: now) }
    }

    mutating func serviceReturned(now: Duration) {
        cell.hasCoverage = true
        cell.denied = nil
        cell.refusesAttach = false
        hold(until: now)
        searchForNetwork(now: now)
    }

    // MARK: Power and port

    /// Counts a complete command line; true when power goes before it has any effect.
    mutating func losesPowerBefore(_ line: [UInt8], now: Duration) -> Bool {
        guard var loss = faults.powerLoss, !loss.isDue, line.starts(with: loss.beginning) else { return false }
        guard loss.lines == 0 else {
            loss.lines -= 1
            faults.powerLoss = loss
            return false
        }
        guard !loss.hasEffect else {
            faults.powerLoss?.isDue = true
            return false
        }
        faults.powerLoss = nil
        note("power lost before \(escaped(line))")
        restart(rung: .power, now: now)
        return true
    }

    /// Whether power goes now that a command has had its effect, before its answer is out.
    mutating func losesPowerAfterEffect(now: Duration) -> Bool {
        guard faults.powerLoss?.isDue == true else { return false }
        faults.powerLoss = nil
        note("power lost after the command, before its answer")
        restart(rung: .power, now: now)
        return true
    }

    /// Counts the bytes of an FSWRITE for `cut-upload`.
    mutating func countUpload(_ entry: DataEntry) {
        guard case .file = entry.purpose, let limit = faults.cutUpload, entry.collected.count >= limit else { return }
        faults.cutUpload = nil
        note("the port dies after \(entry.collected.count) bytes of an FSWRITE")
        isPortLost = true
        actions.append(.losePort)
    }

    // MARK: The bearer

    private mutating func deactivate(spelling: String?, cure: CellState.Cure?, now: Duration) {
        var loss = profile.bearerLoss
        if profile.family == .luat, let spelling { loss = spelling == "cgev" ? .cgev : .pdpDeact }
        cell.dropContexts()
        // Only a GSM module has a context of its own, and nothing to tell while it is not open.
        let hadContext = profile.family != .quectelGSM || quectelHasContext
        if loss == .pdpDeact, hadContext { cell.ip = .deactivated }
        dropLink(now: now)
        switch loss {
        case .cgev: printLine("+CGEV: NW PDN DEACT 1")
        case .pdpDeact: if hadContext { printLine(deactivationText(spelling)) }
        case .untold: break
        }
        let cure = cure ?? (loss == .pdpDeact ? .cgact : .itself)
        cell.lost = cure
        agenda.removeAll { $0 == .reactivate }
        if cure == .itself { agenda.add(.reactivate, at: now + options.serviceDelay) }
    }

    func deactivationText(_ spelling: String?) -> String {
        switch spelling {
        case "tight": "+PDP:DEACT"
        case "blank": "+PDP: DEACT"
        case "plain": "+PDP DEACT"
        default: dialect.has(.deactTight) ? "+PDP:DEACT" : dialect.has(.deactBlank) ? "+PDP: DEACT" : "+PDP DEACT"
        }
    }

    /// The network gives the bearer back without being asked.
    mutating func reactivate() {
        guard cell.lost == .itself else { return }
        cell.lost = nil
        if cell.isRegistered { activateDefault() }
    }

    // MARK: The card

    /// The order of capture 11: service, bearer, attachment, and the card's own word last.
    private mutating func removeSIM(now: Duration) {
        guard sim.isInserted else { return }
        sim.isInserted = false
        agenda.removeAll { $0 == .register }
        if cell.isRegistered {
            cell.isRegistered = false
            cell.isAttached = false
            cell.dropContexts()
            dropLink(now: now)
            if profile.family == .luat { ["^MODE: 0,0", "+NO Service"].forEach { printLine($0) } }
            reportRegistration()
            if reportsEvents { ["+CGEV: NW PDN DEACT 1", "+CGEV: ME DETACH"].forEach { printLine($0) } }
        }
        let word = profile.family == .luat ? "SIM REMOVED 0" : "NOT INSERTED"
        agenda.add(.urc(["+CPIN: " + word]), at: now + .milliseconds(800))
    }
}
