/// Power, boot, registration.
extension SimulatedModule {
    /// Puts power on (again): everything in RAM is gone.
    package mutating func powerOn(now: Duration) -> [Action] {
        restart(rung: .power, now: now)
        return take()
    }

    /// A restart that cures a lost bearer up to `rung`. The TCP connection goes without a word.
    mutating func restart(rung: CellState.Cure, now: Duration) {
        // A close that was still on its way must not be forgotten with the rest of the agenda.
        actions.append(.closeTCP(mqtt.connection))
        if stream.connection > 0 { actions.append(.closeTCP(stream.connection)) }
        note("boot")
        lives += 1
        // What the network does goes on without the module.
        agenda.removeAll { $0 != .serviceReturns && $0 != .networkResumes }
        power = .booting
        phase = .reading
        line.removeAll()
        lineOverflowed = false
        swallowLineFeed = false
        echoed.removeAll()
        settings = saved
        contexts = [:]
        readsWithHead = false
        (timeServer, timeServerZone) = (Self.defaultTimeServer, 32)
        clock = bootClock(now: now)
        sim.powerOn()
        cell.powerOn(from: rung)
        let connection = mqtt.connection
        mqtt = MQTTState()
        mqtt.connection = connection
        stream = StreamState()
        (cip, quectel, bc260y) = (CIPState(), QuectelState(), BC260YState(keeping: bc260y))
        if !faults.outlastsRestart { faults.heldUntil = .zero }
        faults.isHalfOpen = false
        faults.missedClose = false
        answeredMixedRegistration = false
        agenda.add(.bootReady, at: now + options.bootDelay)
    }

    mutating func bootReady(now: Duration) {
        if dialect.has(.bootLine) {
            printBytes(ascii("\r\n^boot.rom") + [0x01, 0xFF, 0x80, 0x27] + ascii("'!\\n\r\n"))
        }
        beginSynchronising()
        printLine("RDY")
        if profile.reportsFunctionAtBoot { printLine("+CFUN: \(cell.function)") }
        if dialect.has(.readyTwice) {
            agenda.add(.bootReadyAgain, at: now + .milliseconds(740))
        } else {
            power = .running
        }
        if dialect.has(.simBusy) { sim.busyUntil = now + .seconds(2) }
        if profile.reportsSIMAtBoot { agenda.add(.simReady, at: now + options.serviceDelay / 2) }
        searchForNetwork(now: now)
    }

    mutating func reportSIM() {
        guard power == .running else { return }
        printLine("+CPIN: " + simStatus)
    }

    var simStatus: String {
        guard sim.isInserted else { return "SIM REMOVED" }
        switch sim.lock {
        case .ready: return "READY"
        case .pin: return "SIM PIN"
        case .puk: return "SIM PUK"
        }
    }

    // MARK: Registration

    /// Whether there is anything to register with.
    var canRegister: Bool {
        sim.isInserted && sim.lock == .ready && cell.function == 1 && cell.hasCoverage && cell.denied == nil
    }

    /// Registers after the usual time when it can.
    mutating func searchForNetwork(now: Duration) {
        guard !cell.isRegistered else { return }
        agenda.removeAll { $0 == .register }
        if canRegister { agenda.add(.register, at: now + options.serviceDelay) }
    }

    mutating func register(now: Duration) {
        guard canRegister, !cell.isRegistered else { return }
        cell.isRegistered = true
        cell.isAttached = !cell.refusesAttach
        guard power == .running || power == .booting else { return }
        if profile.family == .luat {
            printLine("^MODE: 17,17")
            printLine("+E_UTRAN Service")
        }
        reportRegistration()
        if profile.family == .quectelGSM { printLine("Call Ready") }
        if cell.isAttached, cell.lost == nil || cell.lost == .itself {
            cell.lost = nil
            activateDefault()
        }
        if options.tellsTime { agenda.add(.networkTime, at: now + .milliseconds(60)) }
    }

    /// Activates context 1 and says so, where the module says such things.
    mutating func activateDefault() {
        cell.contexts[1, default: .init(apn: cell.defaultAPN)].isActive = true
        reportAddress()
        if reportsEvents { printLine("+CGEV: ME PDN ACT 1" + (dialect.has(.shortActivation) ? "" : ",0")) }
    }

    var reportsEvents: Bool { !profile.eventReportingSettable || settings.eventReports == 1 }

    /// Service is lost; what was connected hangs in the air.
    mutating func loseService(now: Duration) {
        agenda.removeAll { $0 == .register }
        guard cell.isRegistered else { return }
        cell.isRegistered = false
        cell.isAttached = false
        cell.dropContexts()
        if profile.family == .luat { ["^MODE: 0,0", "+NO Service"].forEach { printLine($0) } }
        reportRegistration()
    }

    /// The registration URCs that are switched on (YM310 AT manual 5.3, 5.4, 6.1).
    mutating func reportRegistration() {
        for name in ["+CREG", "+CGREG", "+CEREG"] {
            switch settings.registrationReports[name] ?? 0 {
            case 0: break
            case 1: printLine("\(name): \(registrationStatus)")
            default: printLine("\(name): \(registrationStatus)" + (cell.isRegistered ? cellIdentity : ""))
            }
        }
    }

    var registrationStatus: Int {
        if cell.isRegistered { return 1 }
        if cell.denied != nil, cell.hasCoverage { return 3 }
        return canRegister || !cell.hasCoverage ? 2 : 0
    }

    var cellIdentity: String { ",\"1863\",\"0183db22\",7" }
}

/// A date and time of day, counted from Unix seconds without leap seconds.
struct CivilTime: Equatable {
    var year, month, day, hour, minute, second: Int

    init(unix: Int64) {
        let days = Int((Double(unix) / 86400).rounded(.down))
        let seconds = Int(unix) - days * 86400
        // Days to date after Howard Hinnant: years begin in March, so that the leap day is the last.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    static func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }

    private var tail: String {
        "/\(Self.two(month))/\(Self.two(day)),\(Self.two(hour)):\(Self.two(minute)):\(Self.two(second))"
    }

    /// `26/06/04,09:04:18`.
    var shortText: String { Self.two(year % 100) + tail }
    /// `2026/06/04,09:04:18`.
    var longText: String { String(year) + tail }
}
