import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// What goes wrong with the module itself.
    @Suite("A module that fails")
    struct DeadModule {
        @Test("A hang that only AT+RESET ends, and one that only the reset command ends")
        func hangs() throws {
            let loop = try EventLoop()
            let soft = try BridgeRig(BridgeRig.Options(), loop: loop)
            let hard = try BridgeRig(BridgeRig.Options(), loop: loop)
            var configuration = BridgeConfiguration()
            configuration.module = ["reset = { command = \"kill -USR1 \(hard.simulator.child.pid)\" }"]
            try hard.configure(configuration)
            let rigs = [soft, hard]
            for rig in rigs { try rig.start() }
            let out = try rigs.map { try $0.outbound(1000) }
            let back = try rigs.map { try $0.inbound(1000) }
            for flow in out + back { flow.pace(20) }
            let marks = rigs.map { $0.log.mark }
            for (rig, flow) in zip(rigs, out) {
                try rig.wait("traffic") { flow.collector.numbers.count >= 100 }
            }
            try soft.simulator.fault("hang")
            try hard.simulator.fault("hang-hard")
            let begin = loop.now
            // Nothing that was online before the fault counts.
            for (rig, mark) in zip(rigs, marks) {
                try rig.wait("offline", limit: .seconds(30)) { rig.log.contains("offline", after: mark) }
                try rig.awaitOnline(after: mark, limit: .seconds(60))
            }
            #expect(loop.now - begin < .seconds(60), "the promise is to be back within 60 s")
            for rig in rigs {
                let pair = rig === soft ? [out[0], back[0]] : [out[1], back[1]]
                try rig.awaitArrival(pair, limit: .seconds(30))
                for flow in pair { expectSound(flow, rig) }
            }
            #expect(soft.simulator.commands().contains("AT+RESET"))
            #expect(!soft.hasLogged("resetting the module by [module] reset"))
            #expect(hard.hasLogged("resetting the module by [module] reset"))
        }

        @Test(
            "Boots, a lost port, garbage and echo in the middle of the flow",
            arguments: [
                "none", "ready-twice,boot-line,sim-busy,mixed-registration",
                "outcome-first,trailing-blank,already-alone",
            ])
        func disturbances(dialect: String) throws {
            var options = BridgeRig.Options()
            options.dialect = dialect
            let rig = try BridgeRig(options)
            try rig.start()
            let out = try rig.outbound(.max)
            let back = try rig.inbound(.max)
            out.pace(20)
            var breaks: [Int64] = []
            // What was printed just before the port went was never read.
            let excused = { rig.simulator.excused(kills: breaks) }
            back.pace(20, lost: excused)
            for fault in ["replug 0.5", "garbage 300", "reboot", "echo-on", "replug 0.2", "reboot", "garbage 40"] {
                let goal = (out.collector.numbers.count + 40, back.collector.numbers.count + 40)
                try rig.wait("traffic both ways before \(fault)", limit: .seconds(40)) {
                    out.collector.numbers.count >= goal.0 && back.collector.numbers.count >= goal.1
                }
                try rig.simulator.fault(fault)
                breaks.append(monotonicMilliseconds)
            }
            let goal = out.collector.numbers.count + 60
            try rig.wait("traffic at the end", limit: .seconds(40)) { out.collector.numbers.count >= goal }
            out.publisher.finish()
            back.publisher.finish()
            try rig.awaitArrival([out], limit: .seconds(40))
            try rig.awaitArrival([back], limit: .seconds(40), excused: excused)
            expectSound(out, rig)
            expectSound(back, rig, excused: excused())
        }
    }
}
