import Testing

@testable import ModemCore

/// What is remembered of restarts, and of what helped.
@Suite struct LadderMemoryTests {
    /// One bridge over many outages, which may be another process each time.
    private struct Bridge {
        var ladder: RecoveryLadder
        var now: Duration = .seconds(100)
        var disk: [UInt8] = []
        var wallClock: Int64 = 1_800_000_000

        init(hardware: Bool = true) {
            ladder = RecoveryLadder(seed: 1, hasHardwareReset: hardware)
            ladder.imei = "860000000000001"
        }

        mutating func pass(_ seconds: Int) {
            now += .seconds(seconds)
            wallClock += Int64(seconds)
        }

        mutating func save() {
            if let change = ladder.takeChange() { disk = change.encoded(wallClock: wallClock) }
        }

        /// A new process.
        mutating func restart(wallClockJump: Int64 = 0) {
            save()
            wallClock += wallClockJump
            let memory = LadderMemory(encoded: disk, wallClock: wallClock) ?? LadderMemory()
            let imei = ladder.imei
            ladder = RecoveryLadder(seed: 1, hasHardwareReset: ladder.hasHardwareReset, memory: memory)
            ladder.imei = imei
            now = .seconds(7)
            ladder.start(now: now)
        }

        /// An outage that only `cure` or something above it ends; the rungs in order.
        mutating func outage(_ trouble: Trouble = .path, cure: Rung) -> [Rung] {
            var rungs: [Rung] = []
            repeat {
                let next = ladder.next(Failure(trouble), now: now)
                pass(2)
                ladder.noteUse(next.rung, now: now)
                rungs.append(next.rung)
            } while (rungs.last ?? .service) < cure && rungs.count < 200
            ladder.delivered(now: now)
            save()
            pass(100_000)
            return rungs
        }
    }

    @Test func theNextOutageBeginsWhereTheLastOneWasEnded() {
        for cure in [Rung.context, .radio] {
            var bridge = Bridge()
            #expect(bridge.outage(cure: cure).prefix(4) == [.link, .link, .link, .link])
            #expect(bridge.outage(cure: cure) == [cure])
            bridge.restart()
            #expect(bridge.outage(cure: cure) == [cure], "the next process knows it")
            #expect(bridge.outage(.context, cure: .context) == [.context], "another kind of trouble does not")
        }
    }

    @Test func aRestartMustHaveHelpedTwice() {
        var bridge = Bridge()
        #expect(bridge.outage(cure: .restart).count > 4)
        #expect(bridge.outage(cure: .restart).count > 4)
        #expect(bridge.outage(cure: .restart) == [.restart])
        var other = Bridge()
        _ = other.outage(cure: .restart)
        _ = other.outage(cure: .link)
        _ = other.outage(cure: .restart)
        #expect(other.outage(cure: .restart).count > 4, "not twice in a row")
    }

    @Test func aRestartIsNotBegunWithAgainstItsSpacing() {
        var bridge = Bridge()
        _ = bridge.outage(cure: .restart)
        _ = bridge.outage(cure: .restart)
        bridge.ladder.noteUse(.restart, now: bridge.now)
        bridge.pass(60)
        #expect(bridge.ladder.next(Failure(.path), now: bridge.now).rung == .link)
    }

    @Test func whatDoesNotHelpIsForgotten() {
        var bridge = Bridge()
        _ = bridge.outage(cure: .context)
        #expect(bridge.outage(cure: .radio).prefix(2) == [.context, .link])
        #expect(bridge.outage(cure: .radio) == [.radio], "learnt anew")
        #expect(bridge.outage(cure: .restart).first == .radio)
        #expect(bridge.outage(cure: .link) == [.link])
        // At once, not only when the outage ends: a process that starts again does not begin there either.
        _ = bridge.outage(cure: .context)
        for rung in [Rung.context, .link] {
            #expect(bridge.ladder.next(Failure(.path), now: bridge.now).rung == rung)
            bridge.ladder.noteUse(rung, now: bridge.now)
        }
        bridge.restart()
        #expect(bridge.ladder.next(Failure(.path), now: bridge.now).rung == .link)
    }

    @Test func theLowerRungsAreTriedAgainNowAndThen() {
        var bridge = Bridge()
        _ = bridge.outage(cure: .context)
        for _ in 0..<3 { #expect(bridge.outage(cure: .link) == [.context]) }
        #expect(bridge.outage(cure: .link) == [.link], "the fourth begins at the bottom")
        #expect(bridge.outage(cure: .link) == [.link], "which was enough: forgotten")
        _ = bridge.outage(cure: .context)
        for _ in 0..<3 { #expect(bridge.outage(cure: .context) == [.context]) }
        #expect(bridge.outage(cure: .context).count == 5)
        for _ in 0..<3 { #expect(bridge.outage(cure: .context) == [.context], "confirmed for three more") }
    }

    @Test func nothingIsLearntOfMixedTroubleOrFromASessionThatOnlyStood() {
        var bridge = Bridge()
        _ = bridge.ladder.next(Failure(.path), now: bridge.now)
        _ = bridge.ladder.next(Failure(.card), now: bridge.now)
        bridge.ladder.noteUse(.radio, now: bridge.now)
        bridge.ladder.delivered(now: bridge.now)
        #expect(bridge.outage(cure: .link) == [.link])
        _ = bridge.ladder.next(Failure(.context), now: bridge.now)
        _ = bridge.ladder.next(Failure(.context, at: .radio), now: bridge.now)
        bridge.ladder.noteUse(.radio, now: bridge.now)
        bridge.ladder.lasted()
        bridge.ladder.delivered(now: bridge.now)
        #expect(bridge.outage(.context, cure: .context) == [.context])
    }

    @Test func anotherModuleIsAnotherMatter() {
        var bridge = Bridge()
        _ = bridge.outage(cure: .context)
        bridge.ladder.imei = "860000000000002"
        #expect(bridge.outage(cure: .link) == [.link])
        bridge.ladder.imei = "860000000000001"
        #expect(bridge.outage(cure: .context) == [.context])
        for number in 0..<20 {
            bridge.ladder.imei = "\(number)"
            _ = bridge.outage(cure: .context)
        }
        #expect(bridge.disk.count < 600, "bounded")
        bridge.ladder.imei = "not\nan IMEI"
        _ = bridge.outage(cure: .context)
        #expect(bridge.outage(cure: .context).count == 5)
        #expect(LadderMemory(encoded: bridge.disk, wallClock: 0) != nil)
    }

    @Test func aMuteModuleThatOnlyTheLineHelpsIsNotWaitedForTwice() {
        var bridge = Bridge()
        func mute(_ bridge: inout Bridge) -> [Rung] {
            var rungs: [Rung] = []
            while rungs.last != .hardware, rungs.count < 9 {
                let rung = bridge.ladder.mute(wasRestarted: !rungs.isEmpty, since: bridge.now, now: bridge.now)
                rungs.append(rung ?? .probe)
                if rung == .hardware { bridge.ladder.noteUse(.hardware, now: bridge.now) }
            }
            bridge.ladder.delivered(now: bridge.now)
            bridge.restart()
            return rungs
        }
        #expect(mute(&bridge) == [.restart, .hardware])
        #expect(mute(&bridge) == [.restart, .hardware])
        #expect(mute(&bridge) == [.hardware])
    }

    // MARK: Spacing over processes

    @Test(arguments: [Rung.restart, .hardware, .service]) func aProcessThatStartsAgainKeepsTheSpacing(rung: Rung) {
        func ready(_ bridge: inout Bridge) {
            guard rung == .service else { return }
            for _ in 0..<3 { bridge.ladder.noteUse(.hardware, now: bridge.now) }
        }
        let spacing = Int(rung.rule.coolDown[1].components.seconds)
        for (jump, wait) in [(0, spacing - 60), (-400_000_000, spacing), (500, spacing - 560)] as [(Int64, Int)] {
            var bridge = Bridge()
            ready(&bridge)
            bridge.ladder.noteUse(rung, now: bridge.now)
            bridge.save()
            bridge.pass(60)
            bridge.restart(wallClockJump: jump)
            ready(&bridge)
            #expect(!bridge.ladder.allows(rung, for: .module, now: bridge.now + .seconds(wait - 1)), "\(jump)")
            if rung != .service {
                #expect(bridge.ladder.allows(rung, for: .module, now: bridge.now + .seconds(wait)), "\(jump)")
            }
        }
    }

    @Test func processesThatCrashEachMinuteRestartTheModuleWithTheUsualSpacing() {
        var bridge = Bridge(hardware: false)
        var uses: [Int64] = []
        for _ in 0..<300 {
            bridge.restart()
            if bridge.ladder.next(Failure(.module, at: .restart), now: bridge.now).rung == .restart {
                bridge.ladder.noteUse(.restart, now: bridge.now)
                uses.append(bridge.wallClock)
            }
            bridge.save()
            bridge.pass(60)
        }
        let gaps = zip(uses, uses.dropFirst()).map { $1 - $0 }
        #expect(gaps == [600, 1800, 3600, 3600, 3600, 3600])
        bridge.restart()
        bridge.ladder.delivered(now: bridge.now)
        bridge.restart()
        #expect(bridge.ladder.allows(.restart, for: .module, now: bridge.now), "traffic ends the series on disk too")
    }

    // MARK: On disk

    @Test func itSurvivesTheDisk() throws {
        var bridge = Bridge()
        _ = bridge.outage(cure: .context)
        _ = bridge.outage(.context, cure: .radio)
        bridge.ladder.noteUse(.restart, now: bridge.now)
        bridge.ladder.noteUse(.restart, now: bridge.now)
        bridge.save()
        let text = String(decoding: bridge.disk, as: UTF8.self)
        #expect(
            text == """
                ladder 1
                series restart 2 \(bridge.wallClock)
                module 860000000000001
                helped path context 1 0
                helped context radio 1 0

                """)
        let memory = try #require(LadderMemory(encoded: bridge.disk, wallClock: bridge.wallClock + 5))
        #expect(memory.series[.restart] == .init(count: 2, age: .seconds(5)))
        #expect(memory.encoded(wallClock: bridge.wallClock + 5) == bridge.disk)
    }

    /// Damaged in any way: nothing of it is believed.
    static let damaged = [
        "", "\n", "ladder 1", "ladder 2\n", "ladder 1\nseries link 1 5\n", "ladder 1\nseries restart 0 5\n",
        "ladder 1\nseries restart 9999 5\n", "ladder 1\nseries restart 1 x\n", "ladder 1\nseries restart 1 5 6\n",
        "ladder 1\nseries restart 1 5\nseries restart 1 5\n", "ladder 1\nhelped path context 1 0\n",
        "ladder 1\nmodule a b\n", "ladder 1\nmodule 1\nmodule 1\nmodule 1\u{0}\n",
        "ladder 1\nmodule 1\nhelped path link 1 0\n", "ladder 1\nmodule 1\nhelped path service 1 0\n",
        "ladder 1\nmodule 1\nhelped mud context 1 0\n", "ladder 1\nmodule 1\nhelped path context 0 0\n",
        "ladder 1\nmodule 1\nhelped path context 1 -1\n", "ladder 1\nmodule 1\nhelped path context 1\n",
        "ladder 1\nmodule 1\nhelped path context 1 0\nhelped path radio 1 0\n", "ladder 1\n\n", "ladder 1\nwhat\n",
        "ladder 1\nseries restart 1 99999999999999999999\n",
    ]

    @Test(arguments: damaged) func whatIsDamagedIsForgotten(text: String) {
        #expect(LadderMemory(encoded: Array(text.utf8), wallClock: 1_800_000_000) == nil)
    }

    @Test func anyBytesAreHarmless() throws {
        let whole = Array("ladder 1\nseries restart 2 -9223372036854775808\nmodule 86\nhelped path context 1 0\n".utf8)
        let memory = try #require(LadderMemory(encoded: whole, wallClock: .max))
        #expect(memory.series[.restart]?.age == .seconds(LadderMemory.longestAge))
        for index in whole.indices {
            for byte in [0, 0x0A, 0x20, 0x2D, 0x39, 0xFF] as [UInt8] {
                var bytes = whole
                bytes[index] = byte
                if let read = LadderMemory(encoded: bytes, wallClock: .min) { _ = read.encoded(wallClock: .max) }
            }
            _ = LadderMemory(encoded: Array(whole[..<index]), wallClock: 0)
        }
        #expect(LadderMemory(encoded: [UInt8](repeating: 0x0A, count: 70000), wallClock: 0) == nil)
    }
}
