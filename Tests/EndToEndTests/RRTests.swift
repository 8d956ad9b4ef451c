import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// `cellbridge rr` alone and through the running service.
    @Suite("rr")
    struct RR {
        @Test("The same bytes as mosquitto_rr, whatever the flags", arguments: [false, true])
        func sideBySide(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            // -s and -f of mosquitto_rr 2.0.11 send an empty payload.
            let requests = [
                ["-m", "ping", "-q", "1"], ["-m", "größe", "-v"], ["-n", "-F", "%t|%l|%x"], ["-n", "-N", "-q", "2"],
            ]
            for words in requests {
                var outputs: [[UInt8]] = []
                for isOurs in [false, true] {
                    let answer = try rig.awaitGrant { try responder(rig) }
                    let all = ["-t", "ask", "-e", "tell/me", "-W", "20"] + words
                    let run =
                        try isOurs
                        ? rig.begin(["rr"] + all)
                        : rig.mosquitto("rr", all + ["-V", "311"])
                    try run.finish(rig)
                    try answer.finish(rig)
                    #expect(run.status == 0 && run.errors == "", "\(run.report)")
                    outputs.append(run.output + [0x7C] + answer.output)
                }
                let isSame = outputs[0] == outputs[1] && outputs[0].count > 2
                #expect(isSame, "\(words): \(outputs.map { String(decoding: $0, as: UTF8.self) })")
            }
        }

        @Test("Requests from a file and from standard input", arguments: [false, true])
        func sources(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let bytes: [UInt8] = [0, 1, 0x0A, 0xFF]
            try Files.writeAtomically(rig.directory.file("request"), bytes)
            for words in [["-s"], ["-f", rig.directory.file("request")]] {
                let answer = try rig.awaitGrant { try responder(rig) }
                let run = try rig.command(["rr", "-t", "ask", "-e", "tell/me", "-W", "20", "-v"] + words, input: bytes)
                #expect(try answer.finish(rig).text == "x00010aff\n")
                #expect(run.status == 0 && run.text == "tell/me ffa01000x\n", "\(run.report)")
            }
        }

        @Test("No answer: 27; a refused request: 65", arguments: [false, true])
        func ends(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let late = try rig.command(["rr", "-t", "ask", "-e", "tell", "-m", "x", "-W", "1"])
            #expect(late.status == 27 && late.errors == "cellbridge rr: timed out\n", "\(late.report)")
            let refused = try rig.command(["rr", "-t", "a/#", "-e", "tell", "-m", "x", "-W", "9"])
            #expect(refused.status == 65, "\(refused.report)")
        }

        @Test("With the link down: -W ends the wait for it, and the reason is told")
        func noLink() throws {
            let rig = try BridgeRig(SocketSystem(profile: "air780e").options())
            rig.remote.stop()
            try rig.start(online: false)
            try rig.wait("the reason") { rig.hasLogged("no TCP connection to ") }
            for words in [["sub", "-t", "x"], ["rr", "-t", "ask", "-e", "tell", "-n"]] {
                let run = try rig.command(words + ["-W", "1"])
                let reason = "timed out: no link: no TCP connection to "
                #expect(run.status == 27 && run.errors.contains(reason), "\(run.report)")
                #expect(run.errors.contains("cellbridge status and cellbridge doctor say more"))
                let quiet = try rig.command(words + ["-W", "1", "--quiet"])
                #expect(quiet.status == 27 && quiet.errors.isEmpty, "\(quiet.report)")
                let patient = try rig.command(words + ["-W", "1", "--wait", "2s"])
                #expect(patient.status == 69, "\(patient.report)")
            }
        }

        @Test(
            "A break is told, the request is not sent again, and the response may come later", arguments: [false, true])
        func linkBreaks(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let ear = try rig.awaitGrant { try rig.mosquitto("sub", ["-t", "ask", "-q", "1", "-v"]) }
            let run = try rig.begin(["rr", "-t", "ask", "-e", "tell", "-m", "x", "-q", "1", "-W", "120"])
            try rig.wait("the request") { ear.text == "ask x\n" }
            for number in 1...2 {
                let mark = rig.simulator.transcript.mark
                try rig.simulator.fault("drop-tcp")
                try rig.wait("the subscription after break \(number)", limit: .seconds(60)) {
                    let lines = rig.simulator.transcript.lines.dropFirst(mark)
                    let rest = lines.drop { !$0.contains("AT+MSUB=\"tell\"") }
                    return rest.contains { $0.contains("SUBACK") && !$0.contains("UNSUBACK") }
                }
            }
            try rig.mosquitto("pub", ["-t", "tell", "-m", "late, but there", "-q", "1"]).finish(rig)
            try run.finish(rig)
            #expect(run.status == 0 && run.text == "late, but there\n", "\(run.report)")
            let told = run.errors.split(separator: "\n")
            #expect(
                told.count == 2
                    && told.allSatisfy {
                        $0.hasPrefix("cellbridge rr: the link broke: ")
                            && $0.hasSuffix("the request is not sent again, and the response may have been lost")
                    }, "\(run.report)")
            #expect(ear.text == "ask x\n")
            ear.child.signal(SIGTERM)
            try ear.finish(rig)
        }

        @Test("While the link is away -W ends it; so does the end of the service")
        func endsWithoutALink() throws {
            let rig = try BridgeRig.forCommands()
            try rig.start()
            let limited = try rig.awaitGrant(byModule: true) {
                try rig.begin(["rr", "-t", "ask", "-e", "tell", "-m", "x", "-W", "4", "--quiet"])
            }
            try rig.simulator.fault("deregister")
            try rig.simulator.fault("drop-tcp")
            try limited.finish(rig)
            #expect(limited.status == 27 && limited.text.isEmpty && limited.errors.isEmpty, "\(limited.report)")
            try rig.simulator.fault("register")
            try rig.awaitOnline(after: rig.log.first { $0.contains("offline: ") })
            let run = try rig.awaitGrant(byModule: true) { try rig.begin(["rr", "-t", "ask", "-e", "tell", "-n"]) }
            try rig.kill()
            try run.finish(rig)
            #expect(run.status == 69, "\(run.report)")
        }

        /// Answers one request at `ask` with its payload in hexadecimal, reversed, and prints it.
        private func responder(_ rig: BridgeRig) throws -> CommandRun {
            let at = "-h 127.0.0.1 -p \(rig.remote.port)"
            let script = """
                mosquitto_sub \(at) -t ask -q 1 -C 1 -F x%x | tee /dev/stderr | rev | tr -d '\\n' \
                | mosquitto_pub \(at) -t tell/me -q 1 -s
                """
            return try CommandRun(rig, "/bin/sh", ["-c", "(\(script)) 2>&1"])
        }
    }

    /// `--same-id`: a command in the place of the stopped service.
    @Suite("--same-id")
    struct SameID {
        @Test("What waited in the service's session goes into the inbox, and to the local broker by the next service")
        func inbox() throws {
            let rig = try BridgeRig.forCommands()
            try rig.start()
            let running = try rig.command(["pub", "-t", "x", "-n", "--same-id"])
            #expect(running.status == 64 && running.errors.contains("--same-id is for a stopped service"))
            try rig.stop()
            let waiting = ["first", "second", "third"]
            for text in waiting { try rig.mosquitto("pub", ["-t", "cmd/7", "-q", "1", "-m", text]).finish(rig) }

            // Another client id does not get them.
            let other = try rig.command(["sub", "-t", "nothing", "-W", "1"])
            #expect(other.status == 27 && rig.simulator.printed.isEmpty)
            #expect(rig.simulator.commands().contains { $0.hasPrefix("AT+MCONFIG=\"rig-cli\"") })

            let ear = try rig.awaitGrant { try rig.mosquitto("sub", ["-t", "mine", "-C", "1"]) }
            let mark = rig.simulator.transcript.mark
            let run = try rig.begin(["sub", "-t", "guest", "-v", "--same-id", "-C", "1", "-q", "1"])
            try rig.wait("the messages that waited") { rig.simulator.printed.count == 3 }
            try rig.wait("the guest's subscription") {
                rig.simulator.commands(after: mark).contains("AT+MSUB=\"guest\",1")
            }
            try rig.wait("its grant") { rig.simulator.transcript.contains("SUBACK", after: mark) }
            // Locked: nobody else works on the state meanwhile.
            let locked = try rig.command(["pub", "-t", "mine", "-n", "--same-id"])
            #expect(locked.status == 75, "\(locked.report)")
            try rig.mosquitto("pub", ["-t", "guest", "-m", "for the guest"]).finish(rig)
            try run.finish(rig)
            #expect(run.status == 0 && run.text == "guest for the guest\n", "\(run.report)")
            #expect(rig.simulator.commands(after: mark).contains { $0.hasPrefix("AT+MCONFIG=\"rig\"") })
            // And `pub`, with the queue of the service that does not run.
            let queued = try rig.command(["pub", "-t", "mine", "-m", "queued", "-q", "1", "--queue", "--same-id"])
            #expect(queued.status == 0, "\(queued.report)")

            let local = try rig.mosquitto("sub", ["-t", "orders/#", "-q", "1", "-C", "3", "-v"], port: rig.local.port)
            try rig.start()
            try local.finish(rig)
            #expect(local.text == waiting.map { "orders/7 \($0)\n" }.joined())
            #expect(try ear.finish(rig).text == "queued\n")
            // They came over the air once.
            #expect(rig.simulator.printed.count { $0.number == nil } <= 4)
            #expect(rig.simulator.commands(after: mark).contains("AT+MUNSUB=\"guest\""))
            let books = try rig.command(["queue", "verify"])
            #expect(books.status == 0, "\(books.report)")
        }

        @Test("Killed in the middle: the service removes what was subscribed")
        func killed() throws {
            let rig = try BridgeRig.forCommands()
            let run = try rig.awaitGrant(byModule: true) {
                try rig.begin(["sub", "-t", "left/#", "--same-id"])
            }
            run.child.signal(SIGKILL)
            try run.finish(rig)
            let mark = rig.simulator.transcript.mark
            try rig.start()
            try rig.wait("the filter's removal") {
                rig.simulator.commands(after: mark).contains("AT+MUNSUB=\"left/#\"")
            }
        }

        @Test("The routes' own filters outlive the guest that wants them too")
        func ownFilters() throws {
            let rig = try BridgeRig.forCommands()
            let run = try rig.awaitGrant { try rig.begin(["sub", "-t", "cmd/#", "--same-id", "-C", "1"]) }
            try rig.mosquitto("pub", ["-t", "cmd/1", "-q", "1", "-m", "both"]).finish(rig)
            try run.finish(rig)
            #expect(run.text == "both\n", "\(run.report)")
            #expect(!rig.simulator.commands().contains { $0.hasPrefix("AT+MUNSUB") })
            let local = try rig.mosquitto("sub", ["-t", "orders/#", "-q", "1", "-C", "1"], port: rig.local.port)
            try rig.start()
            #expect(try local.finish(rig).text == "both\n")
        }
    }
}
