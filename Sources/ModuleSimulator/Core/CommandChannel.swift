/// Reading lines, running what is on them, and data mode.
extension SimulatedModule {
    private static let carriageReturn: UInt8 = 0x0D
    private static let lineFeed: UInt8 = 0x0A
    private static let backspace: UInt8 = 0x08
    private static let substitute: UInt8 = 0x1A
    private static let escape: UInt8 = 0x1B

    mutating func accept(_ byte: UInt8, now: Duration) {
        guard power == .running || power == .hung else { return }
        // CR ends the command; the LF after it belongs to the line end. A payload that begins with LF right after a
        // bare CR loses it therefore, which YM310 AT manual 9.14 warns of.
        let follows = swallowLineFeed
        swallowLineFeed = false
        if follows, byte == Self.lineFeed {
            if dialect.has(.echoLineFeed), case .reading = phase { echo(byte) }
            return
        }
        switch phase {
        case .reading: acceptInLine(byte, now: now)
        case .data(var entry):
            // Nobody else holds the data, so that a byte more costs no copy of them.
            phase = .running
            acceptData(byte, &entry, now: now)
        // The next command is not queued: what comes while one is running is lost.
        case .running, .holding: break
        }
    }

    private mutating func acceptInLine(_ byte: UInt8, now: Duration) {
        echo(byte)
        switch byte {
        case Self.carriageReturn:
            swallowLineFeed = true
            let complete = line
            let overflowed = lineOverflowed
            line.removeAll(keepingCapacity: true)
            lineOverflowed = false
            if overflowed {
                note("-> a line of over \(profile.lineLimit) bytes")
                finish(lines: [], .cme(.lineTooLong), now: now)
            } else {
                lineArrived(complete, now: now)
            }
        case Self.lineFeed: break
        case Self.backspace: _ = line.popLast()
        default:
            if line.count >= profile.lineLimit { lineOverflowed = true } else { line.append(byte) }
        }
    }

    private mutating func lineArrived(_ line: [UInt8], now: Duration) {
        guard !line.isEmpty else { return }
        if keepsNotes { note("-> " + escaped(line)) }
        if power == .hung {
            let cure = profile.family == .luat ? "AT+RESET" : "AT+CFUN=1,1"
            if line.elementsEqual(ascii(cure)) { restart(rung: .reset, now: now) }
            return
        }
        if losesToSynchronisation(line) { return }
        if losesPowerBefore(line, now: now) { return }
        phase = .running
        commandsStarted += 1
        if options.latency == .zero, faults.lateAnswer == nil {
            flushEcho()
            execute(line, now: now)
        } else {
            agenda.add(.execute(line), at: now + options.latency + (faults.lateAnswer ?? .zero))
            faults.lateAnswer = nil
        }
    }

    private mutating func echo(_ byte: UInt8) {
        if settings.echo, power == .running, !isSynchronising { echoed.append(byte) }
    }

    mutating func flushEcho() {
        guard !echoed.isEmpty else { return }
        actions.append(.print(echoed, nil))
        echoed.removeAll(keepingCapacity: true)
    }

    // MARK: Running a line

    mutating func execute(_ line: [UInt8], now: Duration) {
        if let reply = bc260ySend(line: line, now: now) {
            finish(lines: reply.lines, reply.ending, now: now)
            return
        }
        guard let commands = ParsedCommand.parse(line: line) else {
            finish(lines: [], .error, now: now)
            return
        }
        run(commands, lines: [], now: now)
    }

    /// Runs commands until one fails or takes time; one final result for the whole line (YM310 AT manual 1.3).
    mutating func run(_ commands: [ParsedCommand], lines: [[UInt8]], now: Duration) {
        var lines = lines
        for (index, command) in commands.enumerated() {
            let reply = reply(to: command, now: now)
            lines += reply.lines
            let isLast = index == commands.count - 1
            switch reply.ending {
            case .ok where !isLast: continue
            case .text(let text) where !isLast: lines.append(ascii(text))
            case .later(let delay, let work):
                let rest = Array(commands[(index + 1)...])
                agenda.add(.resume(work, rest: rest, lines: lines), at: now + delay)
                return
            case .ok, .text, .error, .cme, .silent, .prompt, .held, .okThen, .raw, .pending:
                finish(lines: lines, reply.ending, now: now)
                return
            }
        }
        if commands.isEmpty { finish(lines: lines, .ok, now: now) }
    }

    mutating func resume(_ work: Work, rest: [ParsedCommand], lines: [[UInt8]], now: Duration) {
        guard power == .running else { return }
        let reply = complete(work, now: now)
        if rest.isEmpty {
            finish(lines: lines + reply.lines, reply.ending, now: now)
        } else if case .ok = reply.ending {
            run(rest, lines: lines + reply.lines, now: now)
        } else {
            finish(lines: lines + reply.lines, reply.ending, now: now)
        }
    }

    mutating func finish(lines: [[UInt8]], _ ending: Reply.Ending, now: Duration) {
        // Its end comes with a later call; until then the command runs.
        if case .pending = ending {
            phase = .running
            if !lines.isEmpty { printBytes(framed(lines)) }
            return
        }
        // A command with data is complete when they are.
        if case .prompt = ending {} else if losesPowerAfterEffect(now: now) { return }
        switch ending {
        case .held: phase = .holding
        case .prompt(let entry): phase = .data(entry)
        case .ok, .text, .error, .cme, .raw, .silent, .later, .okThen, .pending: phase = .reading
        }
        if !lines.isEmpty {
            printBytes(settings.verbose ? framed(lines) : lines.flatMap { $0 + ascii("\r\n") })
        }
        switch ending {
        case .ok: printResult("OK", code: 0)
        case .text(let text): printLine(text)
        case .error: printResult("ERROR", code: 4)
        case .cme(let error): printError(error)
        case .raw(let text): printLine(text)
        case .silent, .later, .held, .pending: break
        case .okThen(let later):
            printResult("OK", code: 0)
            // What follows is no part of the answer, or at most its second end.
            if profile.family == .bc260y || later.first?.hasPrefix("STATE") ?? false { answered() }
            later.forEach { printLine($0) }
        case .prompt(let entry):
            let prompt = entry.prompt ?? (dialect.has(.promptBlank) ? "\r\n> " : "\r\n>")
            if !prompt.isEmpty { printBytes(ascii(prompt)) }
        }
        if phase == .reading { answered() }
    }

    mutating func releaseHeld() {
        guard phase == .holding else { return }
        phase = .reading
        printResult("OK", code: 0)
        answered()
    }

    // MARK: Data mode (YM310 AT manual 13.5 and 8.4)

    private mutating func acceptData(_ byte: UInt8, _ entry: inout DataEntry, now: Duration) {
        // Echo applies to data, too (Air780E log of CIPSEND).
        echo(byte)
        if entry.length == nil, byte == Self.substitute {
            endData(entry, now: now)
            return
        }
        // 9.14: ESC gives a send without a length up.
        if entry.purpose == .stream, entry.length == nil, byte == Self.escape {
            flushEcho()
            finish(lines: [], .ok, now: now)
            return
        }
        // Manual 003 4.1: and 0x08 takes the last byte back.
        if entry.purpose == .stream, entry.length == nil, profile.family == .quectelGSM, byte == Self.backspace {
            _ = entry.collected.popLast()
            phase = .data(entry)
            return
        }
        entry.collected.append(byte)
        entry.generation &+= 1
        phase = .data(entry)
        countUpload(entry)
        if let length = entry.length, entry.collected.count >= length {
            endData(entry, now: now)
        } else if entry.length == nil, entry.collected.count >= entry.limit ?? profile.publishDataLimit {
            endData(entry, now: now)
        } else {
            watchData(entry, now: now)
        }
    }

    mutating func watchData(_ entry: DataEntry, now: Duration) {
        guard case .publish = entry.purpose, entry.length == nil || dialect.has(.dataTimeout) else { return }
        agenda.removeAll { if case .dataQuiet = $0 { true } else { false } }
        agenda.add(.dataQuiet(generation: entry.generation), at: now + .seconds(5))
    }

    mutating func dataWentQuiet(generation: Int, now: Duration) {
        guard case .data(let entry) = phase, entry.generation == generation, power == .running else { return }
        endData(entry, now: now)
    }

    mutating func endData(_ entry: DataEntry, now: Duration) {
        flushEcho()
        phase = .running
        note("-> \(entry.collected.count) data bytes")
        let reply: Reply
        switch entry.purpose {
        case .publish(var publish):
            publish.payload = entry.collected
            reply = self.publish(publish, now: now)
        case .file(let name, let appending):
            agenda.removeAll { $0 == .dataExpired(number: entry.number) }
            reply = fileArrived(name, entry.collected, appending: appending)
        case .stream: reply = streamDataArrived(entry.collected, now: now)
        }
        finish(lines: [], reply.ending, now: now)
    }
}
