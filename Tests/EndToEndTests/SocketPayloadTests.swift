import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests.Socket {
    /// What only a socket carries: payloads larger than a line of the module.
    @Suite("Payloads over the socket")
    struct Payloads {
        @Test("100,000 bytes out and 100,000 in, under TLS", arguments: SocketSystem.families)
        func large(system: SocketSystem) throws {
            let tls = try SocketTLS()
            let rig = try tls.rig(tls.options(system))
            try rig.start()
            let out = try rig.outbound(3, mix: .binary(100_000))
            let back = try rig.inbound(3, mix: .binary(100_000))
            try rig.awaitArrival([out, back], limit: .seconds(60))
            expectClean(out, rig)
            expectClean(back, rig)
            expectSocketsOnly(rig, system)
        }
    }
}
