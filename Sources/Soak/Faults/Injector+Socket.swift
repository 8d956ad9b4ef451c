import ModuleSimulator

/// What goes wrong with the socket commands.
extension Injector {
    func injectStream(_ kind: FaultKind) {
        let box = world.box
        switch kind {
        case .sendFail: box.inject(.socket(.failSend))
        case .sendPartial: box.inject(.socket(.partialAccept(random.number(0...random.pick([30, 700])))))
        case .sendError: box.inject(.socket(.sendError(random.pick(["ERROR", "+CME ERROR: 3"]))))
        case .promptLost: box.inject(.socket(.losePrompt))
        case .sendResultLost: box.inject(.socket(.loseSendResult))
        case .hangAtSend:
            needsRestart = true
            box.inject(.socket(.hangAtSend))
        case .noticeLost: box.inject(.socket(.loseNotice))
        case .insideData: box.inject(.socket(.insideData(random.pick(Self.urcs))))
        case .byteLost: box.inject(.socket(.loseByte))
        case .tcpError: box.inject(.socket(.tcpError(random.number(0...18))))
        case .natIdle:
            guard !isRunning(kind) else { return }
            box.inject(.socket(.natIdle(random.duration(.seconds(20), .seconds(300)))))
            lasts(kind, long()) { box.inject(.socket(.natIdle(nil))) }
        case .killInSend:
            world.killInSend = World.KillInSend(
                atData: random.oneIn(2), skips: random.number(0...6), pause: short())
        default: break
        }
    }
}
