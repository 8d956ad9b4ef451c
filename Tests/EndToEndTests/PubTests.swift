import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// `cellbridge pub` alone and through the running service.
    @Suite("pub")
    struct Pub {
        static let flags: [(words: [String], input: [UInt8]?, count: Int)] = [
            (["-m", "größe, \"quoted\""], nil, 1), (["-n"], nil, 1), (["-s"], Array(0...255), 1),
            (["-s", "-q", "2"], [0x0D, 0x0A], 1), (["-l", "-q", "1"], Array("one\ntwo\n\nlast\n".utf8), 4),
            (["-m", "again", "--repeat", "3", "--repeat-delay", "0.05", "-q", "1"], nil, 3),
            (["-f", "/etc/hostname"], nil, 1), (["-m", "", "-q", "1"], nil, 1),
        ]

        @Test("The same messages as from mosquitto_pub, whatever the flags", arguments: [false, true])
        func sideBySide(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            for (words, input, count) in Self.flags {
                let shown = ["-t", "site/#", "-q", "2", "-C", "\(count)", "-F", "%t %q %l %x"]
                var outputs: [String] = []
                for isOurs in [false, true] {
                    let ear = try rig.awaitGrant { try rig.mosquitto("sub", shown) }
                    let all = ["-t", "site/x"] + words
                    let run =
                        try isOurs ? rig.begin(["pub"] + all, input: input) : rig.mosquitto("pub", all, input: input)
                    try run.finish(rig)
                    #expect(run.status == 0 && run.output == [] && run.errors == "", "\(run.report)")
                    outputs.append(try ear.finish(rig).text)
                }
                #expect(outputs[0] == outputs[1], "\(words)")
            }
            #expect(try rig.command(["pub", "-t", "kept", "-m", "retained", "-r", "-q", "1"]).status == 0)
            #expect(
                try rig.mosquitto("sub", ["-t", "kept", "-C", "1", "-F", "%r %p"]).finish(rig).text == "1 retained\n")
        }

        @Test("1000 lines: in order, nothing missing, nothing twice", arguments: [false, true])
        func thousand(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let input = Array((0..<1000).map { "line \($0)\n" }.joined().utf8)
            let ear = try rig.awaitGrant { try rig.mosquitto("sub", ["-t", "many", "-q", "1", "-C", "1000"]) }
            let run = try rig.command(["pub", "-t", "many", "-q", "1", "-l"], input: input, limit: .seconds(120))
            #expect(run.status == 0, "\(run.report)")
            let isSame = try ear.finish(rig).output == input
            #expect(isSame)
            #expect(rig.simulator.commands().count { $0.hasPrefix("AT+MPUB=\"many\"") } == 1000)
        }

        @Test("Refused: 65, nothing sent", arguments: [false, true])
        func refused(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let cases: [([String], [UInt8]?, String)] = [
                (["-t", "a/#", "-m", "x"], nil, "refused: a + or # is only allowed in a filter"),
                (["-t", String(repeating: "t", count: 300), "-m", "x"], nil, "refused"),
                (["-t", "a", "-s"], Array(repeating: 0x78, count: 9000), "refused: 9000 bytes"),
                (["-t", "a", "-s"], Array(repeating: 0x78, count: 70_000), "refused: 70000 bytes"),
            ]
            for (words, input, reason) in cases {
                let run = try rig.command(["pub"] + words, input: input)
                #expect(run.status == 65 && run.errors.contains(reason), "\(run.report)")
            }
            #expect(!rig.simulator.commands().contains { $0.hasPrefix("AT+MPUB") })
            #expect(try rig.command(["pub", "-t", "a", "-f", "/not/there"]).status == 66)
            #expect(try rig.command(["pub", "-t", "a"]).status == 64)
        }

        @Test("No link: 69; not delivered within --expire: 27", arguments: [false, true])
        func noLink(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            rig.remote.stop()
            if isService { try rig.start(online: false) }
            try rig.wait("the control socket") { !isService || Files.exists(rig.directory.file("state-control.sock")) }
            let down = try rig.command(["pub", "-t", "a", "-m", "x", "--wait", "1s"])
            #expect(down.status == 69 && down.errors.contains("cellbridge pub: no link: "), "\(down.report)")
            let expired = try rig.command(["pub", "-t", "a", "-m", "x", "--expire", "1s"])
            #expect(expired.status == 27 && expired.errors.contains("expired after 1 s"), "\(expired.report)")
            let waiting = try rig.begin(["pub", "-t", "a", "-m", "x"])
            rig.settle(.milliseconds(300))
            waiting.child.signal(SIGINT)
            try waiting.finish(rig)
            #expect(waiting.status == 75 && waiting.errors.contains("interrupted"), "\(waiting.report)")
        }

        @Test(
            "A PUBACK that does not come: 69 when the link is given up, 27 when time is over", arguments: [false, true])
        func noAcknowledgement(isService: Bool) throws {
            let rig = try BridgeRig.forCommands { $0.configuration.ackTimeout = "3 s" }
            if isService { try rig.start() }
            try rig.simulator.fault("lose-puback")
            let lost = try rig.command(["pub", "-t", "a", "-m", "x", "-q", "1"])
            #expect(lost.status == 69 && lost.errors.contains("it may have arrived all the same"), "\(lost.report)")
            if isService { try rig.awaitOnline(after: rig.log.first { $0.contains("offline: ") }) }
            try rig.simulator.fault("lose-puback")
            let expired = try rig.command(["pub", "-t", "a", "-m", "x", "-q", "1", "--expire", "1s"])
            #expect(expired.status == 27 && expired.errors.contains("it may arrive all the same"), "\(expired.report)")
        }

        @Test("--queue: through the service at once, whatever the link; with --wait what became of it")
        func queued() throws {
            let rig = try BridgeRig.forCommands()
            let none = try rig.command(["pub", "-t", "q", "-m", "x", "--queue"])
            #expect(none.status == 69 && none.errors.contains("the service does not run"), "\(none.report)")
            try rig.start()
            let known = try rig.command(["pub", "-t", "q", "-m", "1", "-q", "1", "--queue", "--wait", "10s", "--json"])
            #expect(known.status == 0 && known.text == "{\"outcome\":\"acknowledged\"}\n", "\(known.report)")
            let ear = try rig.awaitGrant {
                try rig.mosquitto("sub", ["-t", "q", "-q", "1", "-C", "2", "-c", "-i", "ear"])
            }
            let mark = rig.log.mark
            rig.remote.pause(true)
            defer { rig.remote.pause(false) }
            try rig.simulator.fault("drop-tcp")
            try rig.wait("offline") { rig.hasLogged("offline", after: mark) }
            let queued = try rig.command(["pub", "-t", "q", "-m", "2", "-q", "1", "--queue", "--json"])
            #expect(queued.status == 0 && queued.text == "{\"outcome\":\"queued\"}\n", "\(queued.report)")
            let still = try rig.command(["pub", "-t", "q", "-m", "3", "-q", "1", "--queue", "--wait", "500ms"])
            #expect(still.status == 75 && still.errors.contains("still queued after 500 ms"), "\(still.report)")
            // Its end is told while the link is down, also when it comes at the very end of the wait.
            for wait in ["30s", "1s"] {
                let gone = try rig.command([
                    "pub", "-t", "q", "-m", "x", "-q", "1", "--queue", "--expire", "1s", "--wait", wait,
                ])
                #expect(gone.status == 27 && gone.errors.contains("it expired: not sent within 1 s"), "\(gone.report)")
            }
            let old = try rig.begin([
                "pub", "-t", "q", "-m", "4", "-q", "1", "--queue", "--expire", "1s", "--wait", "60s",
            ])
            rig.settle(.seconds(2))
            rig.remote.pause(false)
            try old.finish(rig, limit: .seconds(60))
            #expect(old.status == 27 && old.errors.contains("it expired"), "\(old.report)")
            #expect(try ear.finish(rig).text == "2\n3\n")
        }

        @Test(
            "--verbose: each step with its time, and the bytes spent; the first within 100 ms",
            arguments: [false, true])
        func verbose(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let run = try rig.command(["pub", "-t", "v", "-m", "secret", "-q", "1", "--verbose"])
            let steps = run.errors.split(separator: "\n").map(String.init)
            #expect(run.status == 0 && run.text.hasPrefix("acknowledged after "), "\(run.report)")
            #expect(steps.first { $0.contains(" s -> ") }?.hasPrefix("+0.0") == true)
            #expect(steps.contains { $0.hasPrefix("+0.") && $0.hasSuffix(" s -> AT+MPUB=\"v\",1,0,<6 bytes>") })
            #expect(steps.contains { $0.hasSuffix(" s <- PUBACK") })
            #expect(steps.last?.hasSuffix(" from it") == true && !run.errors.contains("secret"))
            #expect(isService || steps.contains { $0.hasSuffix("-> AT+MDISCONNECT") })
            #expect(isService == !steps.contains { $0.hasSuffix(" s -> ATE0") })
        }

        @Test("The port is another's: 75 with its name; there is no port: 66")
        func noPort() throws {
            let rig = try BridgeRig.forCommands()
            let first = try rig.awaitGrant { try rig.begin(["sub", "-t", "x"]) }
            let second = try rig.command(["pub", "-t", "x", "-n"])
            #expect(second.status == 75 && second.errors.contains("(pid \(first.child.pid))"), "\(second.report)")
            var configuration = BridgeConfiguration()
            configuration.port = "/dev/not-there"
            try rig.configure(configuration)
            #expect(try rig.command(["pub", "-t", "x", "-n"]).status == 66)
        }
    }
}
