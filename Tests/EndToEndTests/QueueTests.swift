import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// `cellbridge queue` beside a bridge that works, is killed, and is gone.
    @Suite("The books")
    struct Queue {
        @Test("queue verify: balanced while messages flow, after drops, after kill -9, and when all is delivered")
        func balanced() throws {
            var options = BridgeRig.Options()
            options.isPersistent = true
            let rig = try BridgeRig(options)
            try rig.start()
            let out = try rig.outbound(.max)
            let back = try rig.inbound(.max)
            out.pace(40)
            back.pace(20)
            let excused = { rig.simulator.excused(kills: rig.kills) }
            for round in 0..<6 {
                let goal = out.collector.numbers.count + 30
                try rig.wait("traffic", limit: .seconds(30)) { out.collector.numbers.count >= goal }
                try expectBalanced(rig)
                if round % 2 == 0 {
                    try rig.simulator.fault("drop-tcp")
                } else {
                    try rig.kill()
                    // The books of a store that was left open.
                    try expectBalanced(rig)
                    try rig.start(online: false)
                }
            }
            out.publisher.finish()
            back.publisher.finish()
            try rig.awaitArrival([out])
            try rig.awaitArrival([back], excused: excused)
            expectSound(out, rig)
            #expect(try rig.stop() == .exited(0))
            let words = try expectBalanced(rig)
            // A stop in order writes all that is known; the kills took their last messages' entries with them.
            #expect(words.contains(#""waiting":0"#), "\(words)")
            let acknowledged = words.split(separator: #""acknowledged":"#).dropFirst().first?.prefix { $0.isNumber }
            #expect(acknowledged.flatMap { Int($0) } ?? 0 > out.collector.numbers.count / 3, "\(words)")
        }

        @Test("queue with the link down: what waits is counted, shown, exported and purged, by the service and alone")
        func waiting() throws {
            let rig = try BridgeRig()
            try rig.start()
            let first = try rig.outbound(20)
            try rig.awaitArrival([first])
            try rig.simulator.fault("hang")
            let out = try rig.outbound(30)
            try rig.wait("all of them published") { out.publisher.isDone }
            // Within commit_interval they are on disk.
            var words = ""
            let limit = rig.loop.now + .seconds(20)
            while !words.contains(#""accepted":50,"acknowledged":20,"refused":0,"waiting":30"#), rig.loop.now < limit {
                rig.settle(.milliseconds(100))
                words = try expectBalanced(rig)
            }
            #expect(rig.loop.now < limit, "\(words)")
            let list = try run(rig, ["list", "-n", "3"])
            #expect(list.status == .exited(0) && list.text.contains("site7/t/"), "\(list.text)")
            #expect(list.text.contains("(-n N shows more)"))
            let retry = try run(rig, ["retry", "--all"])
            #expect(retry.status == .exited(0) && retry.text == "nothing is set aside\n", "\(retry.text)")
            #expect(try run(rig, ["retry", "1"]).status == .exited(66))
            try purge(rig)
        }

        /// 30 wait, number 21 and on; one of them may be with the module, which hangs.
        private func purge(_ rig: BridgeRig) throws {
            let show = try run(rig, ["show", "40"])
            #expect(show.status == .exited(0) && show.text.hasPrefix("out 40\n  topic     site7/t/"), "\(show.text)")
            let export = try run(rig, ["export", "--route", "1"])
            let lines = export.text.split(separator: "\n")
            #expect(export.status == .exited(0) && lines.count == 30, "\(export.text.prefix(500))")
            #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.contains(#""payload_base64":""#) })
            #expect(try run(rig, ["export", "--in"]).text.isEmpty)
            let unsure = try run(rig, ["purge", "30", "31"])
            #expect(unsure.status == .exited(0) && unsure.text.hasPrefix("2 message(s), "), "\(unsure.text)")
            #expect(try expectBalanced(rig).contains(#""waiting":30"#))
            #expect(try run(rig, ["purge", "30", "31", "99", "--yes"]).text == "2 message(s) purged\n")
            #expect(try expectBalanced(rig).contains(#""refused":2,"waiting":28"#))
            #expect(try run(rig, ["purge", "-t", "other/#", "--yes"]).text == "0 message(s) purged\n")
            let list = try run(rig, ["list", "--refused"])
            #expect(list.text.contains("taken out of the queue by hand"), "\(list.text)")
            #expect(try rig.stop() == .exited(0))
            #expect(try expectBalanced(rig).contains(#""refused":2,"waiting":28"#))
            #expect(try run(rig, ["purge", "--all", "--yes", "--json"]).text.hasPrefix(#"{"purged":28"#))
            #expect(try expectBalanced(rig).contains(#""refused":30,"waiting":0"#))
        }

        /// What `queue verify --json` says; the books must be balanced.
        @discardableResult
        private func expectBalanced(_ rig: BridgeRig) throws -> String {
            let (status, text) = try run(rig, ["verify", "--json"])
            #expect(status == .exited(0) && text.contains(#""balanced":true"#), "\(status) \(text)\n\(rig.diagnosis)")
            return text
        }

        private func run(_ rig: BridgeRig, _ words: [String]) throws -> (status: ChildProcess.ExitStatus?, text: String)
        {
            let file = rig.directory.file("queue.out")
            try? Files.remove(file)
            var options = ChildProcess.Options(
                rig.program, ["queue"] + words + ["-c", rig.directory.file("cellbridge.toml")])
            options.standardOutput = .file(file)
            options.standardError = .file(file)
            let child = try ChildProcess(options, loop: rig.loop)
            try rig.wait("the end of queue \(words)") { child.exitStatus != nil }
            return (child.exitStatus, String(decoding: try Files.read(file, limit: 1 << 20), as: UTF8.self))
        }
    }
}
