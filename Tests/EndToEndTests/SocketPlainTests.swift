import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests.Socket {
    /// Sockets without TLS: what a module loses or adds nobody but the framing and the counts can notice.
    @Suite("Plain sockets")
    struct Plain {
        @Test(
            "500 each way through drops, a PDP loss and sends that fail in every way", arguments: SocketSystem.families)
        func drops(system: SocketSystem) throws {
            let rig = try BridgeRig(system.options())
            try rig.start()
            let faults = [
                "drop-tcp", "send-fail", "pdp-deact", "send-partial 10", "send-error +CME ERROR: 100", "drop-tcp",
            ]
            let out = try rig.outbound(500)
            let back = try rig.inbound(500)
            for (index, fault) in faults.enumerated() { try inject(fault, index, faults.count, rig, out, back) }
            try end(rig, out, back, breaks: faults.count)
            expectSocketsOnly(rig, system)
        }

        /// Side by side, for most of the time is spent waiting for bytes that do not come.
        @Test("What is lost or added on the line costs the connection, not a message")
        func line() throws {
            let loop = try EventLoop()
            let tls = try SocketTLS()
            let rigs = try SocketSystem.families.map { try tls.rig(tls.options($0), loop: loop) }
            for rig in rigs { try rig.start(online: false) }
            for rig in rigs { try rig.awaitOnline() }
            let flows = try rigs.map { (try $0.outbound(500), try $0.inbound(500)) }
            for (index, fault) in ["lose-byte", "inside-data +CREG: 2", "lose-notice", "tcp-error 3"].enumerated() {
                for (rig, flow) in zip(rigs, flows) { try inject(fault, index, 4, rig, flow.0, flow.1) }
            }
            for (rig, flow) in zip(rigs, flows) { try end(rig, flow.0, flow.1, breaks: 3) }
            // One that is lost is made up for before the session is given up.
            for rig in rigs { #expect(!rig.hasLogged("an acknowledgement is late"), "\(rig.diagnosis)") }
        }

        private func inject(
            _ fault: String, _ index: Int, _ count: Int, _ rig: BridgeRig, _ out: NumberedFlow, _ back: NumberedFlow
        ) throws {
            let goal = 1000 * (index + 1) / (count + 1)
            try rig.wait("\(goal) messages before \(fault)", limit: .seconds(60)) {
                out.collector.numbers.count + back.collector.numbers.count >= goal
            }
            try rig.simulator.fault(fault)
        }

        private func end(_ rig: BridgeRig, _ out: NumberedFlow, _ back: NumberedFlow, breaks: Int) throws {
            try rig.awaitArrival([out, back], limit: .seconds(60))
            expectSound(out, rig)
            expectSound(back, rig)
            #expect(out.verdict().doubled.count <= breaks * 20, "\(out.verdict())")
        }

        /// Side by side, a few at a time: most of it is waiting for modules to come up.
        @Test("Every spelling by itself", arguments: SocketSystem.dialects)
        func spellings(system: SocketSystem, traits: [String]) throws {
            for group in stride(from: 0, to: traits.count, by: 6).map({ traits[$0..<min($0 + 6, traits.count)] }) {
                let loop = try EventLoop()
                let rigs = try group.map { trait in
                    var options = system.options()
                    options.dialect = trait
                    return (trait, try BridgeRig(options, loop: loop))
                }
                for (_, rig) in rigs { try rig.start(online: false) }
                let flows = try rigs.map { (trait, rig) in
                    try rig.wait("online with \(trait)", limit: .seconds(30)) { rig.hasLogged(">online") }
                    return (try rig.outbound(200), try rig.inbound(200))
                }
                for ((trait, rig), (out, back)) in zip(rigs, flows) {
                    try rig.wait("half with \(trait)") { out.collector.numbers.count >= 100 }
                    try rig.simulator.fault("drop-tcp")
                    try rig.awaitArrival([out, back])
                    expectSound(out, rig)
                    expectSound(back, rig)
                }
            }
        }

        @Test("Spellings together, as a seed has them", arguments: [3, 8])
        func together(seed: Int) throws {
            let loop = try EventLoop()
            let rigs = try SocketSystem.families.map { system in
                var options = system.options(seed: seed)
                options.dialect = "all"
                return try BridgeRig(options, loop: loop)
            }
            for rig in rigs { try rig.start(online: false) }
            for rig in rigs { try rig.awaitOnline() }
            let flows = try rigs.map { (try $0.outbound(200), try $0.inbound(200)) }
            for (rig, flow) in zip(rigs, flows) {
                try rig.awaitArrival([flow.0, flow.1])
                expectClean(flow.0, rig)
                expectClean(flow.1, rig)
            }
        }
    }
}

extension SocketSystem {
    /// Each family with the spellings that it has.
    static let dialects: [(SocketSystem, [String])] = [
        (
            SocketSystem(profile: "ec716s"),
            [
                "notice-tight", "get-tight", "read-tight", "cifsr-ok", "cifsr-padded", "shut-then-ok", "shut-plain-ok",
                "accept-blank", "prompt-tight", "prompt-blank", "ack-blanks", "state-tight", "tcp-errors",
                "send-ok-acknowledged", "fails-when-full", "forgets-unread", "trailing-blank", "deact-tight",
            ]
        ),
        (SocketSystem(profile: "ec716s", receive: "direct"), ["push-tight", "prompt-tight", "trailing-blank"]),
        (
            SocketSystem(profile: "quectel-gsm"),
            [
                "notice-tight", "get-tight", "prompt-tight", "ack-blanks", "slow-sync", "long-notice",
                "notice-in-read", "rearm-on-empty", "forgets-unread", "fails-when-full", "trailing-blank",
            ]
        ),
        (
            SocketSystem(profile: "bc260y"),
            [
                "quoted-data", "late-quote", "state-send-ok", "late-send-ok", "prompted-send", "fails-when-full",
                "trailing-blank",
            ]
        ),
    ]
}
