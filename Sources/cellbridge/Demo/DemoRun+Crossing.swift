import BridgeRuntime
import LinuxIO
import ModuleSimulator

/// What crosses, and what became of it.
extension DemoRun {
    private static let hello = Array("hello".utf8)

    /// Waits until a message has crossed each way; these two are not counted.
    func awaitBridge() throws(Failure) {
        let topics = (
            in: Array("\(DemoMessage.remotePrefix)commands/hello".utf8), out: Array("sensors/hello".utf8)
        )
        // Before the bridge has subscribed a hello is nobody's, so it is said again and again; outward only once the
        // module's side is known to work, or they would pile up in the outbox.
        try greet("the bridge to be online (a message from remote to local)", .seconds(60)) {
            if self.helloArrived.in { return true }
            self.stage.remote?.publish(topics.in, Self.hello)
            return false
        }
        try greet("a message from local to remote", .seconds(30)) {
            if self.helloArrived.out { return true }
            self.stage.local?.publish(topics.out, Self.hello)
            return false
        }
        screen.line("      " + screen.paint("ready after \(DemoScreen.seconds(now, decimals: 1)) s", .green))
    }

    private func greet(_ what: String, _ limit: Duration, _ step: @escaping () -> Bool) throws(Failure) {
        var isDone = false
        func next() {
            if step() {
                isDone = true
            } else {
                loop.schedule(after: .milliseconds(250)) { next() }
            }
        }
        next()
        try wait(what, limit) { isDone }
    }

    /// Publishes at both ends, cuts the connection in the middle, and waits for all of it.
    func cross() throws(Failure) {
        screen.line("      " + screen.paint("   time  way  no.  topic on arrival                payload", .dim))
        publishNext()
        try wait("all messages to be published", .seconds(60)) { nextNumber > Self.count }
        try wait("the rest to arrive", .seconds(60)) { out.missing == 0 && `in`.missing == 0 }
        // What is sent twice comes right behind what it repeats.
        try wait("the brokers' acknowledgements", .seconds(10)) {
            stage.local?.unacknowledged == 0 && stage.remote?.unacknowledged == 0
        }
    }

    private func publishNext() {
        guard failure == nil, nextNumber <= Self.count else { return }
        let number = nextNumber
        nextNumber += 1
        for (direction, client) in [(DemoMessage.Direction.out, stage.local), (.in, stage.remote)] {
            let message = DemoMessage(direction, number)
            switch direction {
            case .out: out.sending(message, now: now)
            case .in: `in`.sending(message, now: now)
            }
            if client?.publish(message.topic, message.payload) != true { return fail("a broker takes no publish") }
        }
        if number == Self.cutAfter { cut() }
        // Quicker while the connection is down: what is published then has to wait somewhere, and arrive.
        let isDown = cutAt != nil && (crossedAgain.out == nil || crossedAgain.in == nil)
        let pause = isDown ? Self.pace / 4 : Self.pace
        loop.schedule(after: pause) { [weak self] in self?.publishNext() }
    }

    private func cut() {
        announce("the module's TCP connection is cut now (drop-tcp); both ends go on publishing", .yellow)
        cutAt = now
        out.linkBroke()
        `in`.linkBroke()
        _ = stage.simulator?.command("drop-tcp")
    }

    func moduleDid(_ event: SimulatorEvent) {
        guard case .linkUp = event, let cutAt, linkBackAt == nil else { return }
        linkBackAt = now
        announce("a new TCP connection, \(DemoScreen.span(now - cutAt)) after the cut", .yellow)
    }

    func arrived(_ direction: DemoMessage.Direction, _ topic: [UInt8], _ payload: [UInt8]) {
        guard payload != Self.hello else {
            switch direction {
            case .out: helloArrived.out = true
            case .in: helloArrived.in = true
            }
            return
        }
        let arrival: DemoLedger.Arrival
        switch direction {
        case .out: arrival = out.received(topic: topic, payload: payload, now: now)
        case .in: arrival = `in`.received(topic: topic, payload: payload, now: now)
        }
        let number: Int
        let remark: String
        switch arrival {
        case .first(let first, let took):
            number = first
            remark = screen.paint(DemoScreen.span(took), .dim)
        case .again(let again):
            number = again
            remark = screen.paint("again: at least once, after a break", .yellow)
        case .foreign:
            number = 0
            remark = screen.paint("not what was sent", .red)
        }
        let way = direction == .out ? screen.paint("out", .cyan) : screen.paint("in ", .green)
        let time = DemoScreen.column(DemoScreen.seconds(now), 7, isNumber: true)
        let text = DemoScreen.column(readable(payload, limit: 48), 34)
        screen.line(
            "      \(time)  \(way)  \(DemoScreen.column("\(number)", 3, isNumber: true))  "
                + "\(DemoScreen.column(readable(topic, limit: 40), 30))  \(text)  \(remark)")
        noteCrossing(direction)
    }

    /// The first message each way over the new connection ends the break.
    private func noteCrossing(_ direction: DemoMessage.Direction) {
        guard let cutAt, linkBackAt != nil else { return }
        switch direction {
        case .out:
            guard crossedAgain.out == nil else { return }
            crossedAgain.out = now
        case .in:
            guard crossedAgain.in == nil else { return }
            crossedAgain.in = now
        }
        guard crossedAgain.out != nil, crossedAgain.in != nil else { return }
        announce("survived: messages cross both ways again, \(DemoScreen.span(now - cutAt)) after the cut", .green)
    }

    private func announce(_ text: String, _ colour: DemoScreen.Colour) {
        screen.line("      " + screen.paint("--- \(text)", colour))
    }

    /// Prints what the two outside clients found; true when nothing is missing, doubled without a break, or disordered.
    func verdict() -> Bool {
        screen.line()
        screen.line("what the two outside clients say:")
        let heads = ["sent", "arrived", "missing", "doubled", "out of order", "damaged", "seconds"]
        screen.line("  " + DemoScreen.column("", 16) + heads.map { DemoScreen.column($0, 14, isNumber: true) }.joined())
        row("local -> remote", out, heads.count)
        row("remote -> local", `in`, heads.count)
        let isSound = out.isSound && `in`.isSound && cutAt != nil
        screen.line()
        if isSound {
            let repeats = out.doubled + `in`.doubled
            let more = repeats == 0 ? "" : "; \(repeats) came twice after the cut, as QoS 1 may"
            screen.line(
                screen.paint("every message arrived, in order, through one lost connection\(more)", .green)
                    + " (\(DemoScreen.seconds(now, decimals: 1)) s)")
        } else {
            screen.failed("messages were lost, disordered, damaged, or doubled without need")
        }
        return isSound
    }

    private func row(_ name: String, _ ledger: DemoLedger, _ count: Int) {
        let values = [ledger.sent, ledger.arrived, ledger.missing, ledger.doubled, ledger.outOfOrder, ledger.damaged]
        let texts = values.map { "\($0)" } + [DemoScreen.seconds(ledger.time, decimals: 1)]
        screen.line(
            "  " + DemoScreen.column(name, 16) + texts.map { DemoScreen.column($0, 14, isNumber: true) }.joined())
    }
}
