import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// What ends the service, and what ends the brokers.
    @Suite("Ends and restarts")
    struct Kills {
        @Test("kill -9 ten times while messages flow", arguments: ["direct", "cached"])
        func tenKills(receive: String) throws {
            var options = BridgeRig.Options()
            options.configuration.receive = receive
            options.isPersistent = true
            let rig = try BridgeRig(options)
            try rig.start()
            let out = try rig.outbound(.max)
            let back = try rig.inbound(.max)
            out.pace(60)
            let excused = { rig.simulator.excused(kills: rig.kills) }
            // Of the four slots two are left for what the remote broker sends twice after a break.
            back.pace(receive == "cached" ? 2 : 30, lost: excused)
            // How many more have arrived when the next kill comes; the first ones hit a bridge that has just begun.
            for more in [1, 140, 3, 275, 12, 1, 200, 158, 7, 300] {
                let goal = out.collector.numbers.count + more
                try rig.wait("\(more) more messages out", limit: .seconds(30)) {
                    out.collector.numbers.count >= goal
                }
                try rig.kill()
                try rig.start(online: false)
            }
            let goal = out.collector.numbers.count + 100
            try rig.wait("traffic at the end", limit: .seconds(30)) { out.collector.numbers.count >= goal }
            out.publisher.finish()
            back.publisher.finish()
            try rig.awaitArrival([out])
            try rig.awaitArrival([back], excused: excused)
            expectSound(out, rig)
            expectSound(back, rig, excused: excused())
            // Each time a batch of removals that had not been written, and what was acknowledged by the remote broker while
            // the local one had no PUBACK for it yet: no more than the pace allows.
            #expect(out.verdict().doubled.count <= 10 * (64 + 60))
        }

        @Test("SIGTERM while busy: the session is closed, what waits goes out after the next start")
        func endsInOrder() throws {
            let rig = try BridgeRig()
            try rig.start()
            let out = try rig.outbound(3000, mix: .text)
            try rig.wait("traffic", limit: .seconds(20)) { out.collector.numbers.count >= 200 }
            let mark = rig.simulator.transcript.mark
            #expect(try rig.stop() == .exited(0))
            let farewell = rig.simulator.commands(after: mark).suffix(2)
            #expect(farewell == ["AT+MDISCONNECT", "AT+MIPCLOSE"], "\(rig.diagnosis)")
            #expect(out.collector.numbers.count < 3000)
            try rig.start()
            try rig.awaitArrival([out])
            expectClean(out, rig)
        }

        @Test("SIGTERM with a mute module: exit within 8 s")
        func endsThoughMute() throws {
            let rig = try BridgeRig()
            try rig.start()
            try rig.simulator.fault("hang")
            let out = try rig.outbound(5)
            try rig.wait("a publish") { rig.hasLogged("-> AT+M") && out.publisher.isDone }
            let begin = rig.loop.now
            #expect(try rig.stop() == .exited(0))
            #expect(rig.loop.now - begin < .seconds(8), "\(rig.diagnosis)")
            try rig.simulator.fault("power-cycle")
            try rig.start(online: false)
            try rig.awaitArrival([out], limit: .seconds(40))
            expectSound(out, rig)
        }

        @Test("Either broker restarted in order in the middle of the flow")
        func brokersRestart() throws {
            var options = BridgeRig.Options()
            options.isPersistent = true
            let rig = try BridgeRig(options)
            try rig.start()
            let out = try rig.outbound(.max)
            let back = try rig.inbound(.max)
            out.pace(40)
            back.pace(40)
            for broker in [rig.local, rig.remote, rig.local, rig.remote] {
                try flow(rig, out, back, 100)
                try broker.restart()
            }
            try flow(rig, out, back, 100)
            out.publisher.finish()
            back.publisher.finish()
            try rig.awaitArrival([out, back], limit: .seconds(60))
            expectSound(out, rig)
            expectSound(back, rig)
        }

        @Test("Either broker killed once it has saved what it holds")
        func brokersDie() throws {
            var options = BridgeRig.Options()
            options.isPersistent = true
            let rig = try BridgeRig(options)
            try rig.start()
            let out = try rig.outbound(.max)
            let back = try rig.inbound(.max)
            for broker in [rig.local, rig.remote] {
                out.pace(40)
                back.pace(40)
                try flow(rig, out, back, 100)
                // A killed broker forgets what it acknowledged since its last save: that is no loss of the bridge's.
                out.pace(0)
                back.pace(0)
                try rig.wait("quiet") { out.waiting <= 0 && back.waiting <= 0 }
                let saved = saves(broker)
                try rig.wait("two saves") { saves(broker) >= saved + 2 }
                broker.kill()
                try broker.start()
            }
            out.pace(40)
            back.pace(40)
            try flow(rig, out, back, 100)
            out.publisher.finish()
            back.publisher.finish()
            try rig.awaitArrival([out, back], limit: .seconds(60))
            expectSound(out, rig)
            expectSound(back, rig)
        }

        private func flow(_ rig: BridgeRig, _ out: NumberedFlow, _ back: NumberedFlow, _ more: Int) throws {
            let goal = (out.collector.numbers.count + more, back.collector.numbers.count + more)
            try rig.wait("\(more) more each way", limit: .seconds(40)) {
                out.collector.numbers.count >= goal.0 && back.collector.numbers.count >= goal.1
            }
        }

        private func saves(_ broker: BrokerProcess) -> Int {
            broker.log.split(separator: "\n").count { $0.contains("Saving in-memory database") }
        }
    }
}
