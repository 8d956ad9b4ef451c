/// The publishers on both sides: numbered messages, of all shapes, at a rate.
final class Traffic {
    private unowned let world: World
    private var random: Chance
    private(set) var isRunning = false

    init(_ world: World, seed: UInt64) {
        self.world = world
        random = Chance(seed: seed ^ 0x7AFF)
    }

    func start() {
        guard !isRunning, world.plan.rate > 0 else { return }
        isRunning = true
        next { [unowned self] in publishOut() }
        next { [unowned self] in publishIn() }
    }

    func stop() { isRunning = false }

    private func next(_ publish: @escaping () -> Void) {
        let mean = max(Int(1000 / world.plan.rate), 1)
        world.clock.after(.milliseconds(random.number(mean / 2...mean * 3 / 2))) { [unowned self] in
            guard isRunning else { return }
            publish()
            next(publish)
        }
    }

    func publishOut() {
        guard isRunning else { return }
        let flow = random.number(0...world.plan.outFlows.count - 1)
        let kind = world.plan.outFlows[flow]
        let (number, payload) = world.ledger.nextOut(flow, filler(world.plan.payloadLimit))
        if !world.local.publish(number, kind.localTopic, payload, qos: kind.qos) { world.ledger.notPublished(number) }
    }

    func publishIn() {
        guard isRunning else { return }
        let flow = random.number(0...world.plan.inFlows.count - 1)
        let kind = world.plan.inFlows[flow]
        let (_, payload) = world.ledger.nextIn(flow, filler(world.plan.receiveLimit))
        world.remote.publish(kind.remoteTopic, payload, qos: UInt8(kind.qos), retain: false)
    }

    /// Mostly short text; sometimes what has to be escaped, what is no text, and what is long.
    private func filler(_ limit: Int) -> [UInt8] {
        switch random.number(0...39) {
        case 0...1: return random.bytes(random.number(1...300))
        case 2: return Array("a \"quoted\" \\text\\ with\r\nlines\r\nOK\r\n".utf8)
        case 3: return Array("\r\nOK\r\n\r\nPUBACK\r\n".utf8)
        case 4: return Array("\r\n+MSUB: \"commands/x\",5 byte,".utf8)
        case 5: return [UInt8](repeating: 0x61, count: random.number(500...limit - 20))
        case 6 where random.oneIn(3): return random.bytes(random.number(limit / 2...limit - 20))
        case 6 where random.oneIn(3): return [UInt8](repeating: 0x62, count: limit + random.number(0...200))
        default: return Array("{\"t\":\(random.number(-40...90)),\"h\":\(random.number(0...100)),\"unit\":\"C\"}".utf8)
        }
    }
}
