@testable import ModuleSimulator

extension Dialogue {
    /// A Quectel GSM module that has found the host's rate, is registered and echoes nothing; `open` also connects it
    /// to 116.226.39.202:7007, with what arrives announced.
    static func gsm(
        _ traits: Set<Dialect.Trait> = [], open: Bool = false, adjust: (inout SimulatorOptions) -> Void = { _ in }
    ) -> Dialogue {
        var dialogue = Dialogue.ready(.quectelGSM, traits, adjust: adjust)
        for _ in 0..<3 { _ = dialogue.say("ATE0") }
        if open {
            _ = dialogue.say("AT+QINDI=1")
            _ = dialogue.say("AT+QIOPEN=\"TCP\",\"116.226.39.202\",\"7007\"")
        }
        return dialogue
    }

    /// A BC260Y that has its address and echoes nothing; `open` also connects socket 0, with data in hexadecimal.
    static func nbiot(
        _ traits: Set<Dialect.Trait> = [], open: Bool = false, adjust: (inout SimulatorOptions) -> Void = { _ in }
    ) -> Dialogue {
        var dialogue = Dialogue.ready(.bc260y, traits, adjust: adjust)
        if open {
            _ = dialogue.say("AT+QICFG=\"dataformat\",1,1")
            _ = dialogue.say("AT+QIOPEN=0,0,\"TCP\",\"hf.quectel.com\",8008")
        }
        return dialogue
    }

    /// Sends `command`, and `data` after its prompt; what was printed behind the prompt.
    mutating func send(_ command: String, _ data: [UInt8]) -> String {
        let prompt = say(command)
        guard prompt.hasSuffix("|>") || prompt.hasSuffix("|> ") else { return prompt }
        write(data)
        return text()
    }

    /// The bytes the far side has.
    var sent: [UInt8] { peer.received }
}
