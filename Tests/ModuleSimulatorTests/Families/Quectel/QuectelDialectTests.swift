import Testing

@testable import ModuleSimulator

/// Whatever spellings the seed picks, both modules can be talked to.
@Suite struct QuectelDialectTests {
    @Test func everyDialectOfTheGSMModuleCarriesBytes() throws {
        for seed in 0..<40 {
            let dialect = try #require(Dialect(names: "all", seed: UInt64(seed)))
            var dialogue = Dialogue.gsm(dialect.traits, open: true)
            #expect(dialogue.say("AT+QISTAT").contains("CONNECT OK|"), "seed \(seed)")
            #expect(dialogue.send("AT+QISEND=3", [0x1A, 0x1B, 0x08]).contains("SEND OK"), "seed \(seed)")
            #expect(dialogue.sent == [0x1A, 0x1B, 0x08], "seed \(seed)")
            dialogue.peerSends("abc")
            #expect(dialogue.text().contains("+QIRDI:"), "seed \(seed)")
            #expect(dialogue.say("AT+QIRD=0,1,0,1500").contains("116.226.39.202:7007,TCP,3|abc|OK"), "seed \(seed)")
            #expect(dialogue.say("AT+QICLOSE").contains("CLOSE OK"), "seed \(seed)")
        }
    }

    @Test func everyDialectOfTheBC260YCarriesBytes() throws {
        for seed in 0..<40 {
            let dialect = try #require(Dialect(names: "all", seed: UInt64(seed)))
            var dialogue = Dialogue.nbiot(dialect.traits, open: true)
            #expect(dialogue.say("AT+QISTATE?").contains(",2,0,1|"), "seed \(seed)")
            #expect(dialogue.say("AT+QISEND=0,3,1A1B08").contains("SEND OK"), "seed \(seed)")
            #expect(dialogue.sent == [0x1A, 0x1B, 0x08], "seed \(seed)")
            dialogue.peerSends("abc")
            #expect(dialogue.text().contains("616263"), "seed \(seed)")
            #expect(dialogue.say("AT+QICLOSE=0").contains("CLOSE OK"), "seed \(seed)")
        }
    }
}
